#!/usr/bin/env python3
"""Gives each connection to the next web server that takes it. serve.py ADDRESS FILE PORT: the file has one web server a line, and is read
each time, so that scaling needs no restart."""
import itertools
import socket
import sys
import threading

address, webs, port = sys.argv[1:4]
turn = itertools.count()


def connect():
    with open(webs, encoding="utf-8") as f:
        all_webs = f.read().split()
    first = next(turn)
    for i in range(len(all_webs)):
        try:
            return socket.create_connection((all_webs[(first + i) % len(all_webs)], 8080), 5, (address, 0))
        except OSError:
            continue
    return None


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    web = connect()
    if not web:
        client.sendall(b"HTTP/1.0 503 Service Unavailable\r\n\r\n")
    else:
        there = threading.Thread(target=pump, args=(client, web), daemon=True)
        there.start()
        pump(web, client)
        web.close()
    client.close()


with socket.create_server((address, int(port))) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
