import KubeModel

/// Paths and bodies of the subresources.
enum Subresource {
    static func path(
        _ verb: String = "addinterface", of resource: String = "virtualmachineinstances", _ name: String = "vmi-fedora",
        version: String = "v1", namespace: String = "default", query: String = ""
    ) -> String {
        "/apis/subresources.kubevirt.io/\(version)/namespaces/\(namespace)/\(resource)/\(name)/\(verb)\(query)"
    }

    static func body(_ name: String = "dyniface1", _ definition: String = "new-fancy-net") -> String {
        #"{"networkAttachmentDefinitionName":"\#(definition)","name":"\#(name)"}"#
    }

    static func objectPath(_ resource: String = "virtualmachineinstances", _ name: String? = "vmi-fedora") -> String {
        let collection = "/apis/kubevirt.io/v1/namespaces/default/\(resource)"
        return name.map { "\(collection)/\($0)" } ?? collection
    }
}

extension APIConnection {
    func object(_ resource: String = "virtualmachineinstances", _ name: String = "vmi-fedora") throws -> JSONValue {
        let reply = try request("GET", Subresource.objectPath(resource, name))
        guard reply.status == 200, let object = reply.json else { throw Failure("no object: \(reply.text)") }
        return object
    }

    /// `name=NAD` of each multus network, `name` of others; the interfaces' names must be the same.
    func networks(of resource: String = "virtualmachineinstances", _ name: String = "vmi-fedora") throws -> [String] {
        let object = try object(resource, name)
        let spec = resource == "virtualmachines" ? object[path: "spec", "template", "spec"] : object["spec"]
        let networks = spec?["networks"]?.array ?? []
        let interfaces = spec?[path: "domain", "devices", "interfaces"]?.array ?? []
        guard networks.map({ $0["name"]?.string }) == interfaces.map({ $0["name"]?.string }) else {
            throw Failure("networks and interfaces differ: \(networks) \(interfaces)")
        }
        return zip(networks, interfaces).map { network, interface in
            let definition = network[path: "multus", "networkName"]?.string.map { "=\($0)" } ?? ""
            let state = interface["state"]?.string.map { " \($0)" } ?? ""
            return (network["name"]?.string ?? "") + definition + state
        }
    }
}
