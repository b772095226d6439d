"""Opens the bundle of a manifest, whose parts lie beside it, with Python's own gzip
and tar. The key is a private key in PEM. Writes the image to standard output.

    read_bundle.py MANIFEST KEY >IMAGE
"""

import gzip
import hashlib
import io
import pathlib
import shutil
import sys
import tarfile
import xml.etree.ElementTree

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def decrypt(key, iv, sealed):
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padding = PKCS7(128).unpadder()
    clear = padding.update(cipher.update(sealed) + cipher.finalize())
    return clear + padding.finalize()


def decrypt_manifest(document, private):
    """A manifest of before version 3: a scheme, a length, key and IV, the document."""
    if document[0] != 2:
        sys.exit("not a manifest")
    size = int.from_bytes(document[1:3], "big")
    secret = private.decrypt(document[3 : 3 + size], PKCS1v15())
    return decrypt(secret[:16], secret[16:], document[3 + size :])


def envelope(image, private, what):
    for owner in "user", "ec2":
        sealed = image.findtext(f"{owner}_encrypted_{what}")
        if sealed:
            try:
                return bytes.fromhex(private.decrypt(bytes.fromhex(sealed), PKCS1v15()).decode().strip("\0"))
            except ValueError:
                pass
    sys.exit(f"the private key does not open the bundling {what}")


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got}, the manifest says {want}")


manifest = pathlib.Path(sys.argv[1])
private = load_pem_private_key(pathlib.Path(sys.argv[2]).read_bytes(), None)
document = manifest.read_bytes()
if not document.startswith(b"<?xml"):
    document = decrypt_manifest(document, private)
image = xml.etree.ElementTree.fromstring(document).find("image")

sealed = b""
for part in sorted(image.iterfind("parts/part"), key=lambda part: int(part.get("index"))):
    body = (manifest.parent / pathlib.Path(part.findtext("filename")).name).read_bytes()
    check(part.findtext("filename"), hashlib.sha1(body).hexdigest(), part.findtext("digest"))
    sealed += body
check("parts", len(sealed), int(image.findtext("bundled_size")))
stream = gzip.decompress(decrypt(envelope(image, private, "key"), envelope(image, private, "iv"), sealed))
check("tar stream", hashlib.sha1(stream).hexdigest(), image.findtext("digest"))
with tarfile.open(fileobj=io.BytesIO(stream), mode="r:") as archive:
    (member,) = archive.getmembers()
    check("size", member.size, int(image.findtext("size")))
    shutil.copyfileobj(archive.extractfile(member), sys.stdout.buffer)
