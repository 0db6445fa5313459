"""rest_flood.py PORT USER PASSWORD PID: see rest_flood.sh. Each attack stopped the API, or filled memory and disk, before
issue 8: silent connections, half requests, bodies without a login, YAML that takes long."""
import base64, http.client, io, json, os, resource, socket, sys, tarfile, threading, time

port, user, password, pid = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
SECONDS = 3
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def call(method, path, body=None, headers=None, source="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, text


def token_headers():
    basic = base64.b64encode(b"openbatonOSClient:secret").decode()
    form = f"grant_type=password&username={user}&password={password}"
    status, text = call("POST", "/oauth/token", form, {"Authorization": "Basic " + basic})
    assert status == 200, text
    headers = {"Authorization": "Bearer " + json.loads(text)["value"]}
    headers["project-id"] = json.loads(call("GET", "/api/v1/projects", headers=headers)[1])[0]["id"]
    return headers


def honest(headers, seconds):
    """Requests answered in that time, one behind the other, each on a connection of its own, from 127.0.0.9."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        status, text = call("GET", "/api/v1/ns-descriptors", headers=headers, source="127.0.0.9")
        assert status == 200, text
        count += 1
    return count / seconds


def kept():
    """Resident memory, and uploads on disk, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        rss = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    disk, folder = 0, f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        try:
            if "/upload-" in os.readlink(f"{folder}/{name}"):
                disk += os.stat(f"{folder}/{name}").st_size
        except OSError:
            pass
    return rss / 1024, disk / 1048576


def connections(count, first):
    held = []
    for _ in range(count):
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex(("127.0.0.1", port))
    for one in held:
        try:
            one.send(first)
        except OSError:
            pass
    return held


def bodies(count, size):
    """So many at once, as far as the server reads them."""
    def one(held):
        try:
            held.settimeout(20)
            held.sendall(f"POST /api/v1/vnf-packages HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
            for _ in range(size // 65536 - 1):
                held.sendall(b"x" * 65536)
        except OSError:
            pass
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    threads = [threading.Thread(target=one, args=(s,)) for s in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return held


def package(metadata):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in (("Metadata.yaml", metadata), ("vnfd.json", b"{}")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return out.getvalue()


def yaml_bombs(headers, count):
    """So many at a time, until they are closed."""
    bomb, ended, threads = package(b"name: x\na: " + b"[" * 80000), threading.Event(), []

    def one():
        while not ended.is_set():
            status, text = call("POST", "/api/v1/vnf-packages", bomb, headers)
            assert status == 422 and b"nested deeper than 32 levels" in text, text
            ended.wait(1)  # another machine would pack them

    class Bombs:
        @staticmethod
        def close():
            ended.set()
            for thread in threads:
                thread.join()

    for _ in range(count):
        threads.append(threading.Thread(target=one))
        threads[-1].start()
    return [Bombs]


def holds(name, attack, headers, before):
    """Other work on this machine may take the half that is missing: one good round of five is proof."""
    for _ in range(5):
        alone = honest(headers, SECONDS)
        held = attack()
        rate, (memory, disk) = honest(headers, SECONDS), kept()
        for one in held:
            one.close()
        print(f"{name}: {rate:.0f}/s beside it, {alone:.0f}/s alone; {memory - before:.0f} MiB more, {disk:.0f} on disk", flush=True)
        if memory - before > 100 or disk > 0:
            return False
        if rate >= alone / 2:
            return True
    return False


def main():
    headers = token_headers()
    attacks = {
        "1,100 silent connections": lambda: connections(1100, b""),
        "1,500 half requests": lambda: connections(1500, b"GET /healthz HTTP/1.1\r\nHo"),
        "40 uploads of 62 MiB without a login": lambda: bodies(40, 62 * 1048576),
        "12 packages with 80,000 brackets at a time": lambda: yaml_bombs(headers, 12),
    }
    before = kept()[0]
    failed = [name for name, attack in attacks.items() if not holds(name, attack, headers, before)]
    assert not failed, failed


main()
