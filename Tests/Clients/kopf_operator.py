"""An operator as kopf's users write them: labels each machine that it sees, and says goodbye."""

import kopf


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_):
    settings.posting.enabled = True


@kopf.on.create("kubevirt.io", "v1", "virtualmachines")
def created(name, patch, logger, **_):
    patch.metadata.labels["seen-by-kopf"] = "yes"
    logger.info("operator: created %s", name)


@kopf.on.delete("kubevirt.io", "v1", "virtualmachines")
def deleted(name, logger, **_):
    logger.info("operator: deleted %s", name)
