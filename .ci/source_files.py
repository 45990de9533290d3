"""The files a house check looks at: all of the checkout that git does not ignore."""
import pathlib
import subprocess


def source_files(root, *suffixes):
    """Paths relative to root, sorted; with suffixes only those."""
    # safe.directory: a checkout owned by somebody else (CI, sudo) is still only read here.
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z",
               "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    files = sorted({n for n in names if n and (pathlib.Path(root) / n).is_file()})
    if not files:
        raise SystemExit(f"{root}: git lists no files, so nothing would be checked")
    return [n for n in files if not suffixes or n.endswith(suffixes)]
