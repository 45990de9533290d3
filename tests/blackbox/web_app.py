#!/usr/bin/env python3
"""The web app from the origin of the API, over the wire: `serve --static DIR`.

  web_app.py --binary build/dev/app/vaidepix
"""
import gzip
import http.client
import json
import os
import socket
import subprocess
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from server import Server

BINARY = None
FRONT = b"<!doctype html><title>Vai de Pix</title>"
SCRIPT = b"export const grows = 1;\n" * 200


class WebApp(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        self.site = self.folder / "dist"
        (self.site / "assets").mkdir(parents=True)
        (self.site / "index.html").write_bytes(FRONT)
        (self.site / "assets" / "app-3f9a1b2c.js").write_bytes(SCRIPT)
        (self.site / ".env").write_text("SECRET_KEY=x")
        (self.folder / "secret.txt").write_text("the secret")
        os.symlink("../secret.txt", self.site / "leak.txt")
        self.server = Server(BINARY, self.folder, Sqlite(self.folder).url)
        self.addCleanup(self.server.kill)

    def ask(self, path, method="GET", **headers):
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=15)
        wire.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        got = wire.getresponse()
        body = got.read()
        wire.close()
        return got.status, got.headers, body

    def raw(self, target):
        """As nobody's library would send it."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=15) as wire:
            wire.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b""
            while part := wire.recv(65536):
                text += part
        return int(text.split()[1]), text

    def test_a_wrong_folder_stops_the_start(self):
        for folder, word in ((self.folder / "none", "No such file"),
                             (self.folder / "secret.txt", "is no folder"),
                             (self.site / "assets", "has no index.html")):
            done = subprocess.run([self.server.binary, "serve", "--static", str(folder)],
                                  cwd=self.folder, env=self.server.environment, timeout=60,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 4, done)
            self.assertIn(f"STATIC_DIR {folder}: {word}", done.stderr.decode())

    def test_pages_files_and_the_api(self):
        self.server.start(settings={"STATIC_DIR": str(self.site)})
        for page in ("/", "/transactions", "/goals/1/"):
            status, headers, body = self.ask(page)
            self.assertEqual((status, body), (200, FRONT))
            self.assertEqual(headers["Cache-Control"], "no-cache")
            self.assertEqual(headers["Cross-Origin-Embedder-Policy"], "require-corp")
            self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        status, headers, body = self.ask("/assets/app-3f9a1b2c.js", Accept_Encoding="gzip")
        self.assertEqual((status, gzip.decompress(body)), (200, SCRIPT))
        self.assertEqual(headers["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(headers["Content-Type"], "text/javascript; charset=utf-8")
        tag = headers["ETag"]
        status, headers, body = self.ask("/assets/app-3f9a1b2c.js", Accept_Encoding="gzip",
                                         If_None_Match=tag)
        self.assertEqual((status, headers["ETag"], body), (304, tag, b""))
        status, headers, body = self.ask("/assets/app-3f9a1b2c.js", method="HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(SCRIPT)), b""))
        for path in ("/assets/none.js", "/api/none", "/leak.txt", "/.env", "/metrics/none",
                     "/ws/activity-feed", "/api/ws/activity-feed"):
            self.assertEqual(self.ask(path)[0], 404, path)
        self.assertEqual(json.loads(self.ask("/api")[2])["message"], "VAI DE PIX API")
        for target in (b"/../secret.txt", b"/%2e%2e/secret.txt", b"/..%2fsecret.txt",
                       b"/assets/../../secret.txt", b"/assets/..%5c..%5csecret.txt",
                       b"//etc/passwd", b"/%2fetc%2fpasswd", b"/secret.txt%00.html",
                       b"/%c0%ae%c0%ae/secret.txt", b"http://x/../secret.txt"):
            status, text = self.raw(target)
            self.assertIn(status, (400, 404), target)
            self.assertNotIn(b"the secret", text)
            self.assertNotIn(b"root:", text)
        (self.site / "index.html").write_bytes(b"<p>next</p>")
        self.assertEqual(self.ask("/")[2], b"<p>next</p>")
        code, _ = self.server.terminate(40)
        self.assertEqual(code, 0)
        self.assertEqual(self.server.complaints(), [])

    def allowed(self, origin):
        return self.ask("/api", Origin=origin)[1]["Access-Control-Allow-Origin"] == origin

    def test_the_app_from_another_origin(self):
        ours = {"FRONTEND_URL": "https://dev.example",
                "FRONTEND_URL_PRODUCTION": "https://app.example"}
        self.server.start(settings=ours)
        for origin in ours.values():
            self.assertTrue(self.allowed(origin), origin)
            status, headers, _ = self.ask("/api/accounts", "OPTIONS", Origin=origin,
                                          Access_Control_Request_Method="POST")
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, origin))
        for origin in ("http://dev.example", "https://dev.example:8443", "https://dev.example.org",
                       "https://x.app.example"):
            self.assertFalse(self.allowed(origin), origin)
        for path in ("/ws/activity-feed", "/api/ws/activity-feed"):  # without a web app too
            self.assertEqual(self.ask(path)[0], 404, path)
        self.server.kill()
        self.server.start()
        for origin in ours.values():
            self.assertFalse(self.allowed(origin), origin)

    def test_documents_can_be_switched_off(self):
        pages = ("/docs", "/redoc", "/openapi.json", "/docs/page.js", "/docs/page.css")
        for setting, status in (("1", 200), ("0", 404)):
            self.server.start(settings={"DOCS_ENABLED": setting})
            self.assertEqual([self.ask(p)[0] for p in pages], [status] * len(pages))
            self.server.kill()


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
