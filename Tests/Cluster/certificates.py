"""Certificates for a cluster on loopback, made by openssl(1)."""

import pathlib
import subprocess

DAYS = 2


def openssl(*words, text=None):
    result = subprocess.run(["openssl", *words], input=text, text=True, capture_output=True, timeout=30)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(words)}: {result.stderr.strip()}")
    return result.stdout


def new_key(path):
    """An EC key as PKCS #8, which nobody else may read."""
    path.touch(mode=0o600)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(path))
    return path


class Pair:
    """The files of a certificate and its key."""

    def __init__(self, directory, name):
        self.certificate = pathlib.Path(directory) / f"{name}.crt"
        self.key = pathlib.Path(directory) / f"{name}.key"


class Authority(Pair):
    """A CA, made anew; `replace` makes another one in the same files, as one does who rotates it."""

    def __init__(self, directory, name):
        super().__init__(directory, name)
        self.name = name
        self.replace()

    def replace(self):
        new_key(self.key)
        openssl(
            "req", "-x509", "-new", "-sha256", "-key", str(self.key), "-days", str(DAYS), "-subj", f"/CN={self.name}",
            "-addext", "keyUsage=critical,keyCertSign,digitalSignature", "-out", str(self.certificate))

    def issue(self, name, user=None, groups=(), alternative_names=(), days=DAYS):
        """A client's pair for `user` in `groups`, or with alternative names (`DNS:a`, `IP:1.2.3.4`) a server's.

        Negative `days`: one that is past its end.
        """
        pair = Pair(self.certificate.parent, name)
        new_key(pair.key)
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user or name}"
        request = openssl("req", "-new", "-key", str(pair.key), "-subj", subject)
        usage = "serverAuth" if alternative_names else "clientAuth"
        extensions = f"basicConstraints=critical,CA:FALSE\nextendedKeyUsage={usage}\n"
        if alternative_names:
            extensions += f"subjectAltName={','.join(alternative_names)}\n"
        extension_file = pair.key.with_suffix(".ext")
        extension_file.write_text(extensions)
        try:
            openssl(
                "x509", "-req", "-sha256", "-days", str(days), "-CA", str(self.certificate), "-CAkey", str(self.key),
                "-set_serial", "0x" + openssl("rand", "-hex", "16").strip(), "-extfile", str(extension_file),
                "-out", str(pair.certificate), text=request)
        finally:
            extension_file.unlink()
        return pair
