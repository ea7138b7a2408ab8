/**
 * Puts numbers in place of the constants that name them, in a bundle. XS gives each function a slot for each name from outside that it uses, so
 * that a constant costs heap once for every function that knows it; a number costs none. Lines stay as they are: stack traces depend on them.
 */

/** A constant of the project's way of writing them, as esbuild prints it at the top of a bundle. */
const CONSTANT = /^var ([A-Z][A-Z0-9_]*) = (-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?));$/gim;
const IDENTIFIER_START = /[A-Za-z_$]/;
const IDENTIFIER_PART = /[A-Za-z0-9_$]/;
/** After one of these a slash begins a regular expression, after anything else it divides. */
const BEFORE_EXPRESSION = new Set([..."(,=:[!&|?{};+-*%~^<>"]);
const KEYWORDS_BEFORE_EXPRESSION = new Set(["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do"]);

/**
 * The bundle with its numeric constants inlined, as many lines as before.
 * @param code of esbuild, not minified, so that each declaration stands on a line of its own
 */
export function inlineConstants(code: string): string {
  const values = new Map<string, string>();
  for (const [, name, value] of code.matchAll(CONSTANT)) {
    // The pattern ignores case for hexadecimal digits; names do not.
    if (name!.toUpperCase() === name && !isAssigned(code, name!)) values.set(name!, value!.startsWith("-") ? `(${value})` : value!);
  }
  if (values.size === 0) return code;
  const declarations = code.replaceAll(CONSTANT, (line, name: string) => (values.has(name) ? "" : line));
  return new Scanner(declarations, values).run();
}

/** Whether something is written to a name beside its declaration. */
function isAssigned(code: string, name: string): boolean {
  const writes = new RegExp(`(?<![\\w$.])${name}\\s*(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)?=(?![=>])|(?:\\+\\+|--)${name}\\b|(?<![\\w$.])${name}(?:\\+\\+|--)`, "g");
  return (code.match(writes) ?? []).length > 1;
}

/** Reads JavaScript token by token, as far as it takes to know an identifier from what only looks like one. */
class Scanner {
  private readonly code: string;
  private readonly values: ReadonlyMap<string, string>;
  private position = 0;
  private out = "";
  /** the last token that is neither space nor comment: its last character, or a whole word */
  private before = "";
  /** the brackets that are open; "`" for the inside of a template's `${ }` */
  private readonly open: string[] = [];

  constructor(code: string, values: ReadonlyMap<string, string>) {
    this.code = code;
    this.values = values;
  }

  run(): string {
    while (this.position < this.code.length) this.token();
    return this.out;
  }

  private token(): void {
    const { code, position } = this;
    const character = code[position]!;
    if (IDENTIFIER_START.test(character)) return this.word();
    if (/\s/.test(character)) return this.copy(position + 1, undefined);
    if (code.startsWith("//", position)) return this.copy(endOf(code, "\n", position), undefined);
    if (code.startsWith("/*", position)) return this.copy(endOf(code, "*/", position) + 2, undefined);
    if (character === '"' || character === "'") return this.copy(this.endOfString(character), character);
    if (character === "`") return this.template(position + 1);
    if (character === "}" && this.open.at(-1) === "`") {
      this.open.pop();
      return this.template(position + 1);
    }
    if (character === "/" && this.regularExpression()) return this.copy(this.endOfRegularExpression(), "/x");
    if (/\d/.test(character)) return this.number();
    if ("([{".includes(character)) this.open.push(character);
    if (")]}".includes(character)) this.open.pop();
    this.copy(position + 1, character);
  }

  private word(): void {
    const start = this.position;
    let end = start;
    while (end < this.code.length && IDENTIFIER_PART.test(this.code[end]!)) end++;
    const word = this.code.slice(start, end);
    const value = this.before === "." && !this.code.slice(0, start).trimEnd().endsWith("...") ? undefined : this.values.get(word);
    if (value === undefined) return this.copy(end, word);
    const after = /\s*(.)/s.exec(this.code.slice(end, end + 200))?.[1] ?? "";
    const asKey = this.open.at(-1) === "{" && (this.before === "{" || this.before === ",");
    // A number is never called: that is a method's name.
    if (after === "(" || (asKey && after === ":")) return this.copy(end, word);
    this.out += asKey && (after === "," || after === "}") ? `${word}: ${value}` : value;
    this.position = end;
    this.before = "0";
  }

  private number(): void {
    let end = this.position;
    while (end < this.code.length && /[A-Za-z0-9_.]/.test(this.code[end]!)) end++;
    this.copy(end, "0");
  }

  /** Copies a template's text from `from` on, to its end or to the next `${`. */
  private template(from: number): void {
    let end = from;
    while (end < this.code.length) {
      if (this.code[end] === "\\") end += 2;
      else if (this.code[end] === "`") return this.copy(end + 1, "`");
      else if (this.code.startsWith("${", end)) {
        this.open.push("`");
        return this.copy(end + 2, "{");
      } else end++;
    }
    this.copy(end, "`");
  }

  private endOfString(quote: string): number {
    let end = this.position + 1;
    while (end < this.code.length && this.code[end] !== quote) end += this.code[end] === "\\" ? 2 : 1;
    return end + 1;
  }

  private regularExpression(): boolean {
    return this.before === "" || BEFORE_EXPRESSION.has(this.before) || KEYWORDS_BEFORE_EXPRESSION.has(this.before);
  }

  private endOfRegularExpression(): number {
    let end = this.position + 1;
    let inClass = false;
    while (end < this.code.length && (inClass || this.code[end] !== "/")) {
      if (this.code[end] === "\\") end++;
      else if (this.code[end] === "[") inClass = true;
      else if (this.code[end] === "]") inClass = false;
      end++;
    }
    return end + 1;
  }

  /** @param before what the token is for the one after it; undefined: nothing, it is space or a comment */
  private copy(end: number, before: string | undefined): void {
    this.out += this.code.slice(this.position, end);
    this.position = end;
    if (before !== undefined) this.before = before;
  }
}

function endOf(code: string, text: string, from: number): number {
  const at = code.indexOf(text, from);
  return at < 0 ? code.length : at;
}
