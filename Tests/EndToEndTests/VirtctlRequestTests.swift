import Foundation
import KubeModel
import Testing

/// The requests that four releases of virtctl put on the wire, replayed byte for byte.
@Suite(.enabled(if: Project.hasVirtctlRequests)) struct VirtctlRequestTests {
    @Test func `all are accepted, and change what they name`() throws {
        let files = try TemporaryDirectory()
        let tokens = try files.write("TOKEN,virtctl,1,system:masters\n", to: "tokens.csv")
        let recordings = try VirtctlRecording.all
        #expect(recordings.count == 9)
        for recording in recordings {
            let server = try ServerProcess(["--token-auth-file", tokens, "--no-embedded-kubevirt"])
            let admin = try server.connect()
            // A VM of the VMI's name, as `--persist` finds it.
            var machine = try admin.object("virtualmachines", "vm-fedora")
            machine["metadata"] = ["name": "vmi-fedora"]
            machine["status"] = nil
            let created = try admin.request(
                "POST", Subresource.objectPath("virtualmachines", nil), machine.serialized())
            #expect(created.status == 201, "\(created.text)")
            if recording.isRemoval {
                let path = recording.path.replacing("removeinterface", with: "addinterface")
                #expect(try admin.request("PUT", path, Subresource.body()).status == 202)
            }

            let virtctl = try server.connect(as: nil)
            try virtctl.send(recording.bytes)
            let reply = try virtctl.reply()
            #expect(reply.status == 202, "\(recording.client) \(recording.command): \(reply.text)")
            #expect(reply.body.isEmpty)

            let state = recording.isRemoval ? " absent" : ""
            let changed = ["defaultnetwork", "dyniface1=new-fancy-net\(state)"]
            let template = try admin.networks(of: "virtualmachines", "vmi-fedora")
            #expect(template == (recording.isOfMachine ? changed : ["defaultnetwork"]), "\(recording)")
            // The VMI of a VM has its name.
            #expect(try admin.networks() == changed, "\(recording)")
        }
    }
}
