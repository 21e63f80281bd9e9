"""terraform init, validate and test beside a provider that has the schema of AWS's alone: no registry, no account.

It is read from the bindings that CDK Terrain makes of the provider: arguments, types, and which are required. What the
provider looks at beyond those (names of metrics, lengths, pairs) is not in it: for that there is `make plan-check`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from concurrent import futures
from importlib.util import find_spec
from pathlib import Path

import grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

PRODUCTION = Path(__file__).parents[2] / "infra" / "terraform" / "environments" / "production"
COMMANDS = ("terraform init -backend=false -input=false", "terraform validate", "terraform test")
PLAIN = {"String": "string", "Number": "number", "Boolean": "bool", "Any": "dynamic", "": "string"}
FIELD = re.compile(
    r"// (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), required: (?P<required>\w+)\s+"
    r"(?:_\w+ = new (?P<kind>[\w.]+)\(this, \"\w+\"(?:, (?P<set>\w+))?\)|"
    r"(?:_\w+;\s+)?get \w+\(\) \{\s+return (?P<get>.*);)"
)
Block, Nested, Attribute = pb.Schema.Block, pb.Schema.NestedBlock, pb.Schema.Attribute


class Binding:
    """What the bindings say of one resource or data source."""

    def __init__(self, script: str, types: str) -> None:
        self.classes = dict(re.findall(r"^class (\w+) extends (.*?)^\}", script, re.M | re.S))
        self.blocks = set(re.findall(r"\* (\w+) block$", types, re.M))
        self.nesting = dict(re.findall(r"^ +(\w+): \{\n.*\n +isBlock: true,\n +type: \"(\w+)\"", script, re.M))
        main = next(name for name, body in self.classes.items() if "tfResourceType" in body)
        self.schema = pb.Schema(block=self.block(main))

    def block(self, name: str) -> Block:
        block = Block()
        for field in FIELD.finditer(self.classes[name]):
            flags = {each: field[each] == "true" for each in ("computed", "optional", "required")}
            if field["kind"] and field["name"] in self.blocks & self.nesting.keys():
                block.block_types.append(self.nested(field, least=int(flags["required"])))
            else:
                kind = json.dumps(self.type_of(field)).encode()
                block.attributes.append(Attribute(name=field["name"], type=kind, **flags))
        return block

    def nested(self, field: re.Match[str], least: int) -> Nested:
        single, kind = field["kind"].endswith("OutputReference"), self.nesting[field["name"]]
        inner = self.block(field["kind"].removesuffix("List") + ("" if single else "OutputReference"))
        if kind == "struct":
            return Nested(type_name=field["name"], block=inner, nesting=Nested.SINGLE)
        mode = Nested.SET if kind == "set" or field["set"] == "true" else Nested.LIST
        return Nested(type_name=field["name"], block=inner, nesting=mode, min_items=least, max_items=int(single))

    def type_of(self, field: re.Match[str]) -> object:
        kind, getter = field["kind"] or "", field["get"]
        if getter:
            plain, many = re.findall(r"get(|String|Number|Boolean|Any)(|List|Map)Attribute\(", getter)[0]
            many = "set" if "tolist" in getter else many.lower()
            return [many, PLAIN[plain]] if many else PLAIN[plain]
        if kind.startswith("cdktn."):
            return ["map", PLAIN[kind.removeprefix("cdktn.").removesuffix("Map")]]
        bare = re.sub(r"(OutputReference|List|Map)$", "", kind)
        fields = FIELD.finditer(self.classes[f"{bare}OutputReference"])
        made = ["object", {each["name"]: self.type_of(each) for each in fields}]
        many = "set" if field["set"] == "true" else kind.removeprefix(bare).lower()
        return made if kind.endswith("OutputReference") else [many, made]


def schemas(prefix: str, used: set[str]) -> dict[str, pb.Schema]:
    [place] = find_spec("cdktn_provider_aws").submodule_search_locations
    with tarfile.open(next(Path(place).glob("_jsii/*.tgz"))) as archive:
        wanted = {f"package/lib/{prefix}{kind[4:].replace('_', '-')}/index": kind for kind in used}
        texts = {m.name: archive.extractfile(m).read().decode() for m in archive if m.name.split(".")[0] in wanted}
    found = {kind: at for at, kind in wanted.items() if f"{at}.js" in texts}
    return {kind: Binding(texts[f"{at}.js"], texts[f"{at}.d.ts"]).schema for kind, at in found.items()}


class Provider(rpc.ProviderServicer):
    """Agrees with all that fits the schema; the tests' mocks do the rest."""

    def __init__(self, used: set[str]) -> None:
        tags = Block(attributes=[Attribute(name="tags", type=b'["map","string"]', optional=True)])
        default = Nested(type_name="default_tags", block=tags, nesting=Nested.LIST, max_items=1)
        region = Attribute(name="region", type=b'"string"', optional=True)
        own = pb.Schema(block=Block(attributes=[region], block_types=[default]))
        of = {"resource_schemas": schemas("", used), "data_source_schemas": schemas("data-aws-", used)}
        self.GetProviderSchema = lambda *_: pb.GetProviderSchema.Response(provider=own, **of)
        self.ValidateProviderConfig = lambda *_: pb.ValidateProviderConfig.Response()
        self.ValidateResourceConfig = lambda *_: pb.ValidateResourceConfig.Response()
        self.ValidateDataResourceConfig = lambda *_: pb.ValidateDataResourceConfig.Response()


def main() -> int:
    text = "\n".join(path.read_text() for path in PRODUCTION.parents[1].rglob("*.tf"))
    used = set(re.findall(r"^(?:resource|data) \"(aws_\w+)\"", text, re.M))
    server = grpc.server(futures.ThreadPoolExecutor(8))
    rpc.add_ProviderServicer_to_server(Provider(used), server)
    with tempfile.TemporaryDirectory() as place:
        server.add_insecure_port(f"unix://{place}/socket")
        server.start()
        ours = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True}
        ours["Addr"] = {"Network": "unix", "String": f"{place}/socket"}
        served = json.dumps({"registry.terraform.io/hashicorp/aws": ours})
        own = os.environ | {"TF_DATA_DIR": place, "TF_REATTACH_PROVIDERS": served, "CHECKPOINT_DISABLE": "1"}
        ended = (subprocess.run(each.split(), cwd=PRODUCTION, env=own, check=False).returncode for each in COMMANDS)
        return next(filter(None, ended), 0)


if __name__ == "__main__":
    sys.exit(main())
