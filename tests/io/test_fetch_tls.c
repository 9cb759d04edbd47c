/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct check_test test_fetch_tls[];

/* ---- a TLS server: the openssl command, where there is one ------------------------- */

enum { PATH_SIZE = 96, ARGS = 24 };

struct tls {
    char dir[PATH_SIZE];
    char cert[PATH_SIZE], key[PATH_SIZE]; /* of the server, signed by itself */
    char other[PATH_SIZE], other_key[PATH_SIZE];
    pid_t pid; /* 0: does not run */
    unsigned port;
};

static pid_t run_openssl(char *const *argv, int out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int null = open("/dev/null", O_RDWR);
    alarm(60);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(out >= 0 ? out : null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
}

static bool make_cert(char *key, char *cert, char *names)
{
    char *argv[ARGS] = {"openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=herd-test",
                        "-addext",
                        names,
                        "-keyout",
                        key,
                        "-out",
                        cert,
                        NULL};
    int status = -1;
    pid_t pid = run_openssl(argv, -1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Reads the port from the line "ACCEPT 127.0.0.1:PORT". */
static unsigned read_port(int fd)
{
    char text[1024];
    size_t len = 0;
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    while (len + 1 < sizeof text && fake_now_ms() < until) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        ssize_t n =
            poll(&wait, 1, 100) == 1 ? read(fd, text + len, sizeof text - 1 - len) : 0;
        if (n == 0 && (wait.revents & POLLHUP))
            return 0;
        len += n > 0 ? (size_t)n : 0;
        text[len] = '\0';
        const char *at = strstr(text, "ACCEPT 127.0.0.1:");
        if (at != NULL && strchr(at, '\n') != NULL)
            return (unsigned)strtoul(at + strlen("ACCEPT 127.0.0.1:"), NULL, 10);
    }
    return 0;
}

static bool serve(struct tls *tls, char *most)
{
    char *argv[ARGS] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", tls->cert,
                        "-key",    tls->key,   "-www",    most,          NULL};
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    tls->pid = run_openssl(argv, ends[1]);
    close(ends[1]);
    tls->port = tls->pid > 0 ? read_port(ends[0]) : 0;
    close(ends[0]);
    return tls->port != 0;
}

static void end_serving(struct tls *tls)
{
    if (tls->pid > 0) {
        kill(tls->pid, SIGKILL);
        waitpid(tls->pid, NULL, 0);
    }
    tls->pid = 0;
}

static void tls_close(struct tls *tls)
{
    end_serving(tls);
    unlink(tls->cert);
    unlink(tls->key);
    unlink(tls->other);
    unlink(tls->other_key);
    rmdir(tls->dir);
}

static bool tls_open(struct tls *tls)
{
    memset(tls, 0, sizeof *tls);
    snprintf(tls->dir, sizeof tls->dir, "/tmp/herd-tls-XXXXXX");
    if (!CHECK(mkdtemp(tls->dir) != NULL))
        return false;
    snprintf(tls->cert, sizeof tls->cert, "%.60s/cert.pem", tls->dir);
    snprintf(tls->key, sizeof tls->key, "%.60s/key.pem", tls->dir);
    snprintf(tls->other, sizeof tls->other, "%.60s/other.pem", tls->dir);
    snprintf(tls->other_key, sizeof tls->other_key, "%.60s/other-key.pem", tls->dir);
    if (make_cert(tls->key, tls->cert, "subjectAltName=DNS:localhost") &&
        make_cert(tls->other_key, tls->other, "subjectAltName=DNS:localhost") &&
        serve(tls, "-no_ticket"))
        return true;
    printf(" (skipped: no openssl command that makes certificates and serves) ");
    tls_close(tls);
    return false;
}

/* ---- trusted certificates ---------------------------------------------------------- */

static const struct io_fetch_setup with_key = {.key = "AIzaSecret",
                                               .key_header = "X-Goog-Api-Key",
                                               .body_max = BODY,
                                               .timeout_ms = TIMEOUT_MS,
                                               .connect_ms = 3000,
                                               .connects_max = 4};

/* One fetch of its own; the status, and `error` in run.results[0]. */
static int fetch_from(const struct tls *tls, const char *host, const char *ca_file)
{
    char url[128];
    struct io_fetch_setup setup = with_key;
    int status = -1;
    snprintf(url, sizeof url, "https://%s:%u/", host, tls->port);
    setup.url = url;
    setup.ca_file = ca_file;
    if (open_loop() && CHECK(open_fetch(&setup, "", 0)))
        status = fetch_one("")->status;
    struct result kept = run.results[0];
    close_all();
    run.results[0] = kept;
    return status;
}

static void certificates(void)
{
    struct tls tls;
    if (!tls_open(&tls))
        return;
    CHECK_INT(fetch_from(&tls, "localhost", tls.cert), 200);
    CHECK(run.results[0].len > 0);

    CHECK_INT(fetch_from(&tls, "localhost", tls.other), 0); /* same names, other key */
    CHECK_LABEL("%s", run.results[0].error);
    CHECK(strstr(run.results[0].error, "ertificate") != NULL);

    CHECK_INT(fetch_from(&tls, "localhost", NULL), 0); /* unknown to the system */
    CHECK_LABEL("%s", run.results[0].error);
    CHECK(strstr(run.results[0].error, "ertificate") != NULL);

    CHECK_INT(fetch_from(&tls, "127.0.0.1", tls.cert), 0); /* right key, other name */
    CHECK_LABEL("%s", run.results[0].error);
    CHECK(strstr(run.results[0].error, "ertificate") != NULL ||
          strstr(run.results[0].error, "subject name") != NULL);
    tls_close(&tls);
}

/* Variables of OpenSSL and of libcurl's tools: none of them adds certificates to those of
 * the configuration. */
static void environment_names_no_certificates(void)
{
    struct tls tls;
    if (!tls_open(&tls))
        return;
    setenv("SSL_CERT_FILE", tls.cert, 1);
    setenv("SSL_CERT_DIR", tls.dir, 1);
    setenv("CURL_CA_BUNDLE", tls.cert, 1);
    CHECK_INT(fetch_from(&tls, "localhost", tls.other), 0);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    unsetenv("CURL_CA_BUNDLE");
    tls_close(&tls);
}

static void old_tls_is_refused(void)
{
    struct tls tls;
    if (!tls_open(&tls))
        return;
    end_serving(&tls);
    if (serve(&tls, "-tls1_1")) {
        CHECK_INT(fetch_from(&tls, "localhost", tls.cert), 0);
        CHECK_LABEL("%s", run.results[0].error);
        CHECK(run.results[0].error[0] != '\0');
    } else {
        printf(" (skipped: openssl does not serve TLS 1.1) ");
    }
    end_serving(&tls);
    if (CHECK(serve(&tls, "-tls1_2")))
        CHECK_INT(fetch_from(&tls, "localhost", tls.cert), 200);
    tls_close(&tls);
}

/* A server that accepts the connection and then sends no byte. */
static void silent_handshake(void)
{
    struct stub stub;
    char url[128];
    struct io_fetch_setup setup = with_key;
    setup.url = url;
    setup.connect_ms = 200;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", stub.port);
        if (CHECK(open_fetch(&setup, "", 0))) {
            CHECK_INT(fetch_one("")->status, 0);
            CHECK(strncmp(run.results[0].error, "timeout: ", 9) == 0);
            CHECK_INT(start(1, ""), HERD_OK); /* cancelled in its handshake */
            turn_for_ms(20);
            int done = run.done;
            io_fetch_cancel(run.fetch, 1);
            turn_for_ms(250);
            CHECK_INT(run.done, done);
        }
        stub_close(&stub);
    }
    close_all();
}

/* Bytes that are no TLS are no reply. */
static void plain_http_on_the_port(void)
{
    struct stub stub;
    char url[128];
    struct io_fetch_setup setup = with_key;
    setup.url = url;
    setup.connect_ms = 500;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", stub.port);
        if (CHECK(open_fetch(&setup, "", 0))) {
            CHECK_INT(start(1, ""), HERD_OK);
            turn_for_ms(50);
            for (int i = 0; i < STUB_CONNS; i++)
                CHECK(stub.conns[i].watch.fd < 0 ||
                      strstr(stub.conns[i].request, "AIza") == NULL);
            stub_go_on(&stub);
            CHECK(turn_until(1, NULL, 0));
            CHECK_INT(run.results[0].status, 0);
        }
        stub_close(&stub);
    }
    close_all();
}

const struct check_test test_fetch_tls[] = {
    {"fetch certificates", certificates},
    {"fetch environment names no certificates", environment_names_no_certificates},
    {"fetch old TLS is refused", old_tls_is_refused},
    {"fetch silent handshake", silent_handshake},
    {"fetch plain http on the port", plain_http_on_the_port},
    {NULL, NULL},
};
