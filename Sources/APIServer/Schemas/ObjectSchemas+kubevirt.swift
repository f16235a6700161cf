import KubeModel

/// The KubeVirt object, by the CustomResourceDefinition `kubevirts.kubevirt.io.yaml` of KubeVirt v1.0.0-beta.0 and
/// v1.9.0: the fields that either has down to the network and the features on trial; what the others hold is open.
extension ObjectSchemas {
    static let kubeVirtSpec = object(
        "What is wanted of the installation.",
        [
            "configuration": configuration, "certificateRotateStrategy": open("How certificates are renewed."),
            "customizeComponents": open("What is other in the components."),
            "imagePullPolicy": text("Always, IfNotPresent or Never."),
            "imagePullSecrets": openList("Secrets to pull images with."),
            "imageRegistry": text("Where images come from."), "imageTag": text("The images' tag."),
            "infra": open("Where virt-api and virt-controller run."),
            "monitorAccount": text("The service account of Prometheus."),
            "monitorNamespace": text("Where Prometheus is."),
            "productComponent": text("The component of the product that this is part of."),
            "productName": text("The product that this is part of."),
            "productVersion": text("The version of the product that this is part of."),
            "serviceMonitorNamespace": text("Where the service monitor is."),
            "synchronizationPort": text("Where clusters that migrate between each other talk."),
            "uninstallStrategy": text("BlockUninstallIfWorkloadsExist or RemoveWorkloads."),
            "workloads": open("Where virt-handler runs."),
            "workloadUpdateStrategy": open("How machines get to a new version."),
        ])

    private static let configuration = object(
        "How machines are run.",
        [
            "developerConfiguration": developerConfiguration, "network": network,
            "additionalGuestMemoryOverheadRatio": text("By how much more memory is left for other than guests."),
            "apiConfiguration": open("How often virt-api asks."),
            "architectureConfiguration": open("Machine types and firmware by architecture."),
            "autoCPULimitNamespaceLabelSelector": open("Namespaces whose machines get CPU limits."),
            "changedBlockTrackingLabelSelectors": open("Machines whose disks' changes are tracked."),
            "commonInstancetypesDeployment": open("Whether instance types come along."),
            "confidentialCompute": open("How guests' memory is encrypted."),
            "controllerConfiguration": open("How often virt-controller asks."),
            "cpuModel": text("The model that guests see."), "cpuRequest": quantity("What a vCPU asks for."),
            "defaultRuntimeClass": text("The runtime class of machines' pods."),
            "emulatedMachines": texts("Machine types that there are."),
            "evictionStrategy": text("None, LiveMigrate, LiveMigrateIfPossible or External: when a node is drained."),
            "handlerConfiguration": open("How often virt-handler asks."),
            "hypervisors": openList("What runs machines."),
            "imagePullPolicy": text("Always, IfNotPresent or Never."),
            "instancetype": open("How instance types are used."),
            "ksmConfiguration": open("Nodes that merge guests' memory."),
            "liveUpdateConfiguration": open("How far machines grow while they run."),
            "machineType": text("The type of machines."),
            "mediatedDevicesConfiguration": open("Mediated devices of nodes."),
            "memBalloonStatsPeriod": integer("Seconds between looks at guests' memory."),
            "migrations": open("How machines migrate."), "minCPUModel": text("The least model that nodes have."),
            "obsoleteCPUModels": [
                "description": "Models that are left out.", "type": "object", "additionalProperties": flag("Whether."),
            ],
            "ovmfPath": text("Where UEFI is."), "permittedHostDevices": open("Devices of nodes for machines."),
            "persistentReservationConfiguration": open("How SCSI reservations are served."),
            "roleAggregationStrategy": text("AggregateToDefault or Manual."),
            "seccompConfiguration": open("What system calls machines' pods may make."),
            "selinuxLauncherType": text("The SELinux type of machines' pods."),
            "smbios": open("What SMBIOS says of machines."),
            "supportContainerResources": openList(
                "What helping containers ask for.",
                requiring: ["type": text("Which containers."), "resources": open("Requests and limits.")]),
            "supportedGuestAgentVersions": texts("Guest agents that are taken."),
            "tlsConfiguration": open("TLS between the components."),
            "virtTemplateDeployment": open("Whether templates come along."),
            "virtualMachineInstancesPerNode": integer("How many machines a node runs."),
            "virtualMachineOptions": open("Whether machines have some devices."),
            "vmRolloutStrategy": text("Stage or LiveUpdate: when a machine's changes reach its instance."),
            "vmStateStorageClass": text("The storage class of what firmware and TPM keep."),
            "webhookConfiguration": open("How often the webhooks ask."),
        ])

    private static let developerConfiguration = object(
        "Features on trial.",
        [
            "featureGates": texts("Features that are switched on, such as HotplugNICs."),
            "disabledFeatureGates": texts("Features that are switched off."),
            "clusterProfiler": flag("Whether the components can be profiled."),
            "cpuAllocationRatio": integer("vCPUs for each CPU that is asked for."),
            "diskVerification": open(
                "How disks are looked at.", requiring: ["memoryLimit": quantity("What that may take.")]),
            "logVerbosity": open("How much the components log."),
            "memoryOvercommit": integer("Percent of the asked memory that guests see."),
            "minimumClusterTSCFrequency": integer("The least frequency that all nodes can have."),
            "minimumReservePVCBytes": integer("Bytes of a volume that stay free."),
            "nodeSelectors": textMap("Labels that nodes for machines must have."),
            "pvcTolerateLessSpaceUpToPercent": integer("By how much a volume may be too small."),
            "useEmulation": flag("Whether machines run without KVM."),
        ])

    private static let network = object(
        "How machines are connected.",
        [
            "binding": [
                "description": "Plugins that connect interfaces.", "type": "object",
                "additionalProperties": open("A plugin."),
            ],
            "defaultNetworkInterface": text("bridge, masquerade or slirp: of a machine that says nothing."),
            "permitBridgeInterfaceOnPodNetwork": flag("Whether the pod network may be bridged; true by default."),
            "permitSlirpInterface": flag("Whether there are slirp interfaces; gone since KubeVirt v1.3."),
        ])
}
