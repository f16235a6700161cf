// Names that KubeVirt v1.0.1 writes: `staging/src/kubevirt.io/api/core/v1/types.go`.

enum Label {
    static let app = "kubevirt.io"
    static let createdBy = "kubevirt.io/created-by"
    static let virtualMachineName = "vm.kubevirt.io/name"
    static let nodeName = "kubevirt.io/nodeName"
    static let migrationTargetNodeName = "kubevirt.io/migrationTargetNodeName"
    static let migrationJob = "kubevirt.io/migrationJobUID"
    static let migrationSelector = "kubevirt.io/vmi-name"
}

enum Annotation {
    static let domain = "kubevirt.io/domain"
    static let migrationJobName = "kubevirt.io/migrationJobName"
    static let migrationTransportUnix = "kubevirt.io/migrationTransportUnix"
    static let allowPodBridgeNetworkLiveMigration = "kubevirt.io/allow-pod-bridge-network-live-migration"
    static let defaultContainer = "kubectl.kubernetes.io/default-container"
    // Multus: k8snetworkplumbingwg/network-attachment-definition-client `pkg/apis/k8s.cni.cncf.io/v1/types.go`.
    static let networks = "k8s.v1.cni.cncf.io/networks"
    static let networkStatus = "k8s.v1.cni.cncf.io/network-status"
    static let defaultNetwork = "v1.multus-cni.io/default-network"
}

enum Finalizer {
    static let instance = "foregroundDeleteVirtualMachine"
    static let machine = "kubevirt.io/virtualMachineControllerFinalize"
    static let migration = "kubevirt.io/migrationJobFinalize"
}

/// The two nodes that this cluster pretends to have.
enum Node {
    static let first = "node01"
    private static let second = "node02"

    /// Where a VMI on `node` migrates to.
    static func target(from node: String) -> String { node == first ? second : first }

    static func address(_ name: String) -> String { name == first ? "192.168.66.101" : "192.168.66.102" }
}

/// `status.phase` of a VMI.
enum InstancePhase: String, Sendable {
    case unset = ""
    case pending = "Pending"
    case scheduling = "Scheduling"
    case scheduled = "Scheduled"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case unknown = "Unknown"

    var isFinal: Bool { self == .succeeded || self == .failed }
}

/// `status.phase` of a VirtualMachineInstanceMigration.
enum MigrationPhase: String, Sendable {
    case unset = ""
    case pending = "Pending"
    case scheduling = "Scheduling"
    case scheduled = "Scheduled"
    case preparingTarget = "PreparingTarget"
    case targetReady = "TargetReady"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"

    var isFinal: Bool { self == .succeeded || self == .failed }
}
