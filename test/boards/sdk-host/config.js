/** `mc/config`: what the SDK's TLS asks of it, and the broker of the command line. */
const argument = native("xs_host_argument");

export default Object.freeze({
  tls: Object.freeze({ DHE_RSA: true, ECDHE_RSA: true }),
  get broker() {
    return { host: "127.0.0.1", port: Number(argument(2)) };
  },
});
