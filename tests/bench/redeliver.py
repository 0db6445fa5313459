"""For tests/bench/vendors: publishes START to a VNFM's queue, and counts its answers. Run by the virtualenv of tests/interop.

    redeliver.py HOST PORT VHOST USER QUEUE COUNT

The password is the first line of standard input; each line after it is a round: "again" has the correlation ids of the round
before. Prints the seconds from the first publish to the last answer."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../interop/peers"))
sys.dont_write_bytecode = True
import stdlib_compat  # noqa: E402,F401 pylint: disable=unused-import
import pika  # noqa: E402

EXCHANGE = "openbaton-exchange"
BODY = '{"action":"START","virtualNetworkFunctionRecord":{"id":"r-1","name":"bench","vdu":[]}}'


def main():
    host, port, vhost, user, queue, count = sys.argv[1:]
    password = sys.stdin.readline().strip()
    channel = pika.BlockingConnection(pika.ConnectionParameters(
        host, int(port), vhost, pika.PlainCredentials(user, password))).channel()
    answers = "nfvo.reply.bench"
    channel.queue_declare(answers, exclusive=True)
    channel.queue_bind(answers, EXCHANGE, answers)
    got, number = 0, 0

    def on_answer(ch, method, _properties, _body):
        nonlocal got
        got += 1
        if got == int(count):
            ch.stop_consuming()

    channel.basic_consume(on_answer, queue=answers, no_ack=True)
    for line in iter(sys.stdin.readline, ""):
        number += line.strip() != "again"
        got, began = 0, time.monotonic()
        for i in range(int(count)):
            channel.basic_publish(EXCHANGE, queue, BODY, pika.BasicProperties(reply_to=answers, correlation_id="bench-%d-%d" % (number, i)))
        channel.start_consuming()
        print(time.monotonic() - began, flush=True)
        channel.basic_consume(on_answer, queue=answers, no_ack=True)


main()
