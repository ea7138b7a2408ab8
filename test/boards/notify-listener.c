/*
 * A service manager's ear: binds a datagram socket (a path, or "@" and an abstract name) and prints a line per datagram. Node has no such sockets.
 *
 *   notify-listener NAME
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int count, char **words) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char text[4096];
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (count != 2 || strlen(words[1]) >= sizeof address.sun_path || descriptor < 0) return 64;
    memcpy(address.sun_path, words[1], strlen(words[1]));
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;
    if (bind(descriptor, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(words[1]))) != 0) return 66;
    puts("listening");
    fflush(stdout);
    for (;;) {
        const ssize_t size = recv(descriptor, text, sizeof text - 1, 0);
        if (size < 0) return 1;
        text[size] = 0;
        puts(text);
        fflush(stdout);
    }
}
