"""What cluster.py does as a command: a cluster that outlives the command, and its end."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import cluster
from cluster import START_SECONDS, Cluster, build_kube_apiserver
from processes import wait_until


def serve(options):
    """Keeps a cluster up until SIGTERM or the end of its lifetime."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    directory = pathlib.Path(options.dir).resolve()
    try:
        with Cluster(directory) as cluster:
            if options.crds:
                cluster.install_crds(options.crds)
            cluster.install_manifests()
            cluster.add_users()
            for user in ("alice", "bob"):
                cluster.client(user).kubeconfig(directory / f"{user}.kubeconfig")
            if options.port:
                cluster.register(options.port, options.ca_bundle)
            (directory / "ready").touch()
            time.sleep(options.lifetime)
    finally:
        (directory / "ready").unlink(missing_ok=True)


def up(options):
    directory = pathlib.Path(options.dir).resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (directory / "etcd").exists():
        sys.exit(f"{directory} has a cluster, or what one left: `cluster.py down --dir {directory}`, or remove it")
    build_kube_apiserver()
    words = [sys.executable, cluster.__file__, "serve", "--dir", directory, "--lifetime", str(options.lifetime)]
    for flag in ("crds", "port", "ca_bundle"):
        if value := getattr(options, flag):
            words += [f"--{flag.replace('_', '-')}", str(value)]
    ready = directory / "ready"
    # Left by one that was killed.
    ready.unlink(missing_ok=True)
    with open(directory / "cluster.log", "wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (directory / "pid").write_text(str(process.pid))
    try:
        wait_until("the cluster to be ready", lambda: ready.exists() or process.poll() is not None, 2 * START_SECONDS)
    except BaseException:
        process.terminate()
        raise
    if process.poll() is not None:
        sys.exit(f"no cluster: {(directory / 'cluster.log').read_text()}")
    print(directory / "admin.kubeconfig")


def down(options):
    """Ends the cluster; its files stay, but for the data of etcd."""
    directory = pathlib.Path(options.dir).resolve()
    file = directory / "pid"
    if file.exists():
        pid = int(file.read_text())
        try:
            is_ours = str(directory) in pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            is_ours = False
        if is_ours:
            os.kill(pid, signal.SIGTERM)
            wait_until("the cluster to end", lambda: not is_alive(pid), START_SECONDS)
        file.unlink()
    shutil.rmtree(directory / "etcd", ignore_errors=True)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def main(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="up|down")
    for name, function in (("up", up), ("serve", serve), ("down", down)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("--dir", required=True)
        if function is not down:
            command.add_argument("--lifetime", type=int, default=3600)
            command.add_argument("--crds")
            command.add_argument("--port", type=int)
            command.add_argument("--ca-bundle")
    options = parser.parse_args()
    if getattr(options, "port", None) and not options.ca_bundle:
        parser.error("--port needs --ca-bundle")
    options.function(options)
