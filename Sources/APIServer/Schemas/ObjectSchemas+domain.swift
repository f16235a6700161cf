import KubeModel

/// The machine without its devices, by the CustomResourceDefinition `virtualmachineinstances.kubevirt.io.yaml` of
/// KubeVirt v1.0.0-beta.0 and v1.9.0: the fields that either has, and what both require.
extension ObjectSchemas {
    static let domain = object(
        "The machine as libvirt sees it.",
        [
            "devices": devices, "chassis": chassis, "clock": clock, "cpu": cpu, "features": features,
            "firmware": firmware,
            "ioThreads": object(
                "Threads that serve disks.", ["supplementalPoolThreadCount": integer("How many there are.")]),
            "ioThreadsPolicy": text("shared, auto or supplementalPool: how disks share threads."),
            "launchSecurity": open("Encryption of the guest's memory."),
            "machine": object("The type of the machine.", ["type": text("Such as q35.")]), "memory": memory,
            "rebootPolicy": text("What becomes of the machine when its guest reboots."), "resources": resources,
        ], required: ["devices"])

    private static let cpu = object(
        "Cores, sockets, threads and the model.",
        [
            "cores": integer("Cores of a socket."), "sockets": integer("Sockets."),
            "maxSockets": integer("Sockets that there may be while the machine runs."),
            "threads": integer("Threads of a core."), "model": text("The model that the guest sees."),
            "features": list(
                "Features of the model.",
                object(
                    "A feature.",
                    [
                        "name": text("The feature's name."),
                        "policy": text("force, require, optional, disable or forbid; require by default."),
                    ], required: ["name"])),
            "dedicatedCpuPlacement": flag("Whether the machine has CPUs of its own."),
            "isolateEmulatorThread": flag("Whether the emulator has a CPU of its own."),
            "numa": object(
                "How the guest sees the node's NUMA.",
                ["guestMappingPassthrough": open("The guest's NUMA cells are those of the node.")]),
            "realtime": object("The guest runs in real time.", ["mask": text("The CPUs that do.")]),
        ])

    private static let memory = object(
        "How much memory the guest has.",
        [
            "guest": quantity("What the guest sees."),
            "maxGuest": quantity("What the guest may see while the machine runs."),
            "hugepages": object("Memory comes in huge pages.", ["pageSize": text("Their size, such as 2Mi.")]),
            "reservedOverhead": object(
                "Memory for other than the guest.",
                [
                    "addedOverhead": quantity("How much there is beside the usual."),
                    "memLock": text("Required or NotRequired: whether memory is locked."),
                ]),
        ])

    private static let resources = object(
        "What the machine asks of its node.",
        [
            "requests": quantities("What it gets."), "limits": quantities("What it cannot exceed."),
            "overcommitGuestOverhead": flag("Whether memory for other than the guest is left out."),
        ])

    private static func quantities(_ description: String) -> JSONValue {
        [
            "description": .string(description), "type": "object",
            "additionalProperties": quantity("How much of one resource."),
        ]
    }

    private static let chassis = object(
        "What SMBIOS says of the chassis.",
        [
            "asset": text("The asset tag."), "manufacturer": text("Who made it."),
            "serial": text("The serial number."), "sku": text("The number in the shop."),
            "version": text("The version."),
        ])

    private static let firmware = object(
        "How the machine boots.",
        [
            "acpi": object(
                "Tables for the guest.",
                ["msdmNameRef": text("The secret with MSDM."), "slicNameRef": text("The secret with SLIC.")]),
            "bootloader": object(
                "What boots the machine.",
                [
                    "bios": object("BIOS.", ["useSerial": flag("Whether it talks to the serial console.")]),
                    "efi": object(
                        "UEFI.",
                        [
                            "persistent": flag("Whether its variables outlive the machine's run."),
                            "secureBoot": flag("Whether it boots what is signed alone; true by default."),
                        ]),
                ]),
            "kernelBoot": object(
                "A kernel that is booted directly.",
                [
                    "container": object(
                        "The image with the kernel.",
                        [
                            "image": text("The image."), "imagePullPolicy": text("Always, IfNotPresent or Never."),
                            "imagePullSecret": text("The secret to pull it with."),
                            "initrdPath": text("Where the initial RAM disk is."),
                            "kernelPath": text("Where the kernel is."),
                        ], required: ["image"]),
                    "kernelArgs": text("The kernel's command line."),
                ]),
            "serial": text("The serial number in SMBIOS."), "uuid": text("The UUID in SMBIOS."),
        ])

    /// Open in the CustomResourceDefinition too.
    private static let clock = open(
        "The guest's clock.",
        [
            "timezone": text("Its zone, such as Europe/Rome."),
            "utc": object("It is in UTC.", ["offsetSeconds": integer("Seconds that it is ahead.")]),
            "timer": object(
                "The guest's timers.",
                [
                    "hpet": timer(["tickPolicy"]), "hyperv": timer(), "kvm": timer(), "pit": timer(["tickPolicy"]),
                    "rtc": timer(["tickPolicy", "track"]),
                ]),
        ])

    private static func timer(_ texts: [String] = []) -> JSONValue {
        switched("A timer.", "present", texts.map { ($0, text("What it follows.")) })
    }

    private static let features = object(
        "Features of the hypervisor.",
        [
            "acpi": feature(),
            "apic": feature([("endOfInterrupt", flag("Whether the guest may end interrupts without it."))]),
            "hyperv": hyperv, "hypervPassthrough": feature(),
            "kvm": object("What KVM shows.", ["hidden": flag("Whether the guest cannot see KVM.")]),
            "pvspinlock": feature(), "smm": feature(),
        ])

    private static let hyperv = object(
        "What makes Windows faster.",
        [
            "evmcs": feature(), "frequencies": feature(), "ipi": feature(), "reenlightenment": feature(),
            "relaxed": feature(), "reset": feature(), "runtime": feature(),
            "spinlocks": feature([("spinlocks", integer("How often the guest tries."))]), "synic": feature(),
            "synictimer": feature([("direct", feature())]),
            "tlbflush": feature([("direct", feature()), ("extended", feature())]), "vapic": feature(),
            "vendorid": feature([("vendorid", text("The vendor that the guest sees."))]), "vpindex": feature(),
        ])

    private static func feature(_ others: [(String, JSONValue)] = []) -> JSONValue {
        switched("A feature.", "enabled", others)
    }

    private static func switched(_ description: String, _ name: String, _ others: [(String, JSONValue)]) -> JSONValue {
        var properties: JSONObject = ["\(name)": flag("Whether it is on; true by default.")]
        for (name, schema) in others { properties[name] = schema }
        return object(description, properties)
    }
}
