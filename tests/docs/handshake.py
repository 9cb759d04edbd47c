#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A neighbour that was written from doc/protocol.md alone: it dials a server, proves itself
and is accepted, and refuses to be fooled.

    handshake.py PROTOCOL.MD KEY-FILE PORT OUR-NAME SERVER'S-NAME
"""
import hashlib
import hmac
import re
import secrets
import socket
import sys
import time

MASK = (1 << 64) - 1


def rotated(word, by):
    return ((word << by) | (word >> (64 - by))) & MASK


def siphash_1_3(key, octets):
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    a, b = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    c, d = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def one_round(a, b, c, d):
        a = (a + b) & MASK
        c = (c + d) & MASK
        b, d = rotated(b, 13) ^ a, rotated(d, 16) ^ c
        a = rotated(a, 32)
        a = (a + d) & MASK
        c = (c + b) & MASK
        d, b = rotated(d, 21) ^ a, rotated(b, 17) ^ c
        return a, b, rotated(c, 32), d

    padded = octets + bytes(7 - len(octets) % 8) + bytes([len(octets) & 255])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        d ^= word
        a, b, c, d = one_round(a, b, c, d)
        a ^= word
    c ^= 0xFF
    for _ in range(3):
        a, b, c, d = one_round(a, b, c, d)
    return a ^ b ^ c ^ d


def rules_of(document):
    """The hash of the text in the document, which must be the hash that it names."""
    text = re.search(r"```rules\n(.*?)\n```", document, re.S).group(1)
    text = text.replace("\n", " ").encode()
    named = re.search(r"most significant first:\s+`([0-9a-f]{16})`", document).group(1)
    length = re.search(r"one line of (\d+) octets", document).group(1)
    empty = re.search(r"under that key is\s+`([0-9a-f]{16})`", document).group(1)
    assert len(text) == int(length), len(text)
    assert "%016x" % siphash_1_3(bytes(16), b"") == empty
    got = "%016x" % siphash_1_3(bytes(16), text)
    assert got == named, got
    return got


class Link:
    def __init__(self, port, key):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.input = self.socket.makefile("rb")
        self.key = key

    def send(self, verb, arguments):
        self.socket.sendall(b"%s 0 %s\n" % (verb, arguments))

    def receive(self, verb):
        """The arguments of the next frame, which must be this one."""
        header = self.input.readline().rstrip(b"\n").split(b" ", 2)
        assert header[0] == verb, (verb, header)
        self.input.read(int(header[1]))
        return header[2] if len(header) > 2 else b""

    def mac(self, role, dialler, acceptor, boot=b""):
        text = b"".join(part + b"\n" for part in (role, dialler, acceptor, boot) if part)
        return hmac.new(self.key, text, hashlib.sha256).hexdigest().encode()


def hello_of(ours, theirs, rules):
    now = time.time_ns()
    return b"2 2 herd %s %s 0000000000000000 %s %d.%09d %s" % (
        ours, theirs, rules, now // 10**9, now % 10**9, secrets.token_hex(16).encode())


def shake_hands(port, key, ours, theirs, rules):
    link = Link(port, key)
    hello = hello_of(ours, theirs, rules)
    link.send(b"HELLO", hello)
    answer = link.receive(b"HELLO")
    words = answer.split()
    assert words[3] == theirs and words[4] == ours and words[6] == rules, words
    proof = link.receive(b"AUTH").split()[0]
    assert proof == link.mac(b"acceptor", hello, answer)
    boot = secrets.token_hex(8).encode()
    link.send(b"AUTH", link.mac(b"dialler", hello, answer, boot) + b" " + boot)
    up = link.receive(b"UP").split()
    assert up[0] == link.mac(b"up", hello, answer, up[1]), up
    assert re.fullmatch(rb"(-|[0-9a-f]{32}) [0-9]+", link.receive(b"HAVE"))
    link.send(b"BYE", b"closing")


def is_refused(port, key, ours, theirs, rules):
    link = Link(port, key)
    link.send(b"HELLO", hello_of(ours, theirs, rules))
    reason = link.receive(b"BYE")
    assert reason.startswith(b"refused other merge rules"), reason


def main():
    protocol, key_file, port, ours, theirs = sys.argv[1:]
    with open(protocol, encoding="utf-8") as file:
        rules = rules_of(file.read()).encode()
    with open(key_file, "rb") as file:
        key = file.read().rstrip()
    names = ours.encode(), theirs.encode()
    is_refused(int(port), key, *names, b"66daaa358f362455")
    shake_hands(int(port), key, *names, rules)


main()
