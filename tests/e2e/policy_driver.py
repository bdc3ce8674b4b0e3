"""tests/support/policy_driver: the program's compiler and redactor, asked by frames."""

import json
import subprocess

from conftest import BUILD


class Driver:
    def __init__(self):
        self.process = subprocess.Popen([BUILD / "tests" / "support" / "policy_driver"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def tell(self, word, data):
        data = data if isinstance(data, bytes) else data.encode()
        self.process.stdin.write(b"%s %d\n" % (word.encode(), len(data)) + data)

    def ask(self, word, data):
        self.tell(word, data)
        self.process.stdin.flush()
        word, size = self.process.stdout.readline().split()
        return word.decode(), self.process.stdout.read(int(size))

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=10) == 0


def plain(access, operation):
    """An access as the driver reads it."""
    scopes = [{**{name: value for name, value in scope.items() if name != "range"}, **scope.get("range", {})}
              for scope in access["scopes"]]
    return json.dumps({"operation": operation, **access, "scopes": scopes})


def compile_view(driver, view, told=""):
    """The driver's view of an access whose catalog and policy it has; it must be the oracle's."""
    verdict, words = driver.ask("view", plain(view.access, view.name))
    digest, charged, _ = words.decode().splitlines()[0].split()
    assert digest == view.digest(), f"{told}\n{view.description()}\n{words.decode()}"
    assert (verdict, int(charged)) == ("ok", view.charged), told


def open_view(driver, catalog, policy, view):
    """The same, with the documents."""
    assert driver.ask("catalog", json.dumps(catalog)) == ("ok", b"")
    assert driver.ask("policy", json.dumps(policy)) == ("ok", b"")
    compile_view(driver, view)
