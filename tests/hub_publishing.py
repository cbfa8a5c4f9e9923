"""What the stand-in of the Hub (hub_standin) answers to those who publish: repositories, the check of cards, uploads, commits."""

import base64
import hashlib
import json


def git_id(data: bytes) -> str:
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Publishing:
    """A part of the stand-in's handler; `self.hub` is the Hub, `self.sent` the body of the request."""

    ROUTES = (
        ("POST", r"/api/repos/create", "create"),
        ("DELETE", r"/api/repos/delete", "delete"),
        ("POST", r"/api/validate-yaml", "validate"),
        (
            "POST",
            r"/api/(?:models/|(?=spaces/))(?P<repo>(?:spaces/)?[^/]+/[^/]+)/preupload/(?P<revision>[^/]+)",
            "preupload",
        ),
        ("POST", r"/(?P<repo>(?:spaces/)?[^/]+/[^/]+)\.git/info/lfs/objects/batch", "lfs_batch"),
        ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "lfs_put"),
        ("POST", r"/api/(?:models/|(?=spaces/))(?P<repo>(?:spaces/)?[^/]+/[^/]+)/commit/(?P<revision>[^/]+)", "commit"),
    )

    def take(self) -> None:
        """Read what was sent, then answer."""
        self.sent = b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                self.sent += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def writer(self, owner: str) -> str | None:
        """The token of somebody who may write under a name, or refuse as the Hub does and return None."""
        token = self.token()
        person = self.hub.people.get(token, {})
        names = [token.removeprefix("hf_"), *(org["name"] for org in person.get("orgs", []) if isinstance(org, dict))]
        if token not in self.hub.tokens:
            self.refuse(401, "", "Invalid credentials in Authorization header")
        elif owner not in names or person.get("auth", {}).get("accessToken", {}).get("role") == "read":
            self.refuse(403, "", "You don't have the rights to write there")
        else:
            return token
        return None

    def create(self) -> None:
        asked = json.loads(self.sent)
        token = self.token()
        name = f"{asked.get('organization') or token.removeprefix('hf_')}/{asked['name']}"
        if not self.writer(name.split("/")[0]):
            return
        space = asked.get("type") == "space"  # a Space is kept as “spaces/user/name”
        if space and asked.get("sdk") != "gradio":
            self.refuse(400, "", "A Space needs an SDK")
            return
        name = f"spaces/{name}" if space else name
        if name in self.hub.repos:
            self.refuse(409, "", "You already created this model repo")
            return
        self.hub.add(name, {".gitattributes": b"*.safetensors filter=lfs"}, private=asked.get("visibility") == "private",
                     readers=frozenset({token}))  # fmt: skip
        self.answer_json({"url": f"{self.hub.endpoint}/{name}"})

    def delete(self) -> None:
        asked = json.loads(self.sent)
        name = f"{asked.get('organization')}/{asked['name']}"
        if self.writer(name.split("/")[0]):
            del self.hub.repos[f"spaces/{name}" if asked.get("type") == "space" else name]
            self.answer_json({})

    def validate(self) -> None:
        if self.hub.complaints:
            self.answer_json({"errors": [{"message": one} for one in self.hub.complaints], "warnings": []}, 400)
        else:
            self.answer_json({"errors": [], "warnings": []})

    def preupload(self, repo: str, revision: str) -> None:
        if self.writer(repo.split("/")[-2]):
            files = json.loads(self.sent)["files"]
            here = self.hub.repos[repo].commits[self.hub.repos[repo].commit_of(revision)]
            self.answer_json({"files": [
                {"path": file["path"], "shouldIgnore": False, "oid": git_id(here[file["path"]]) if file["path"] in here else None,
                 "uploadMode": "lfs" if self.hub.lfs and file["path"].endswith(".safetensors") else "regular"}
                for file in files
            ]})  # fmt: skip

    def lfs_batch(self, repo: str) -> None:
        if self.writer(repo.split("/")[-2]):
            self.answer_json({"objects": [
                {"oid": one["oid"], "size": one["size"], "actions": {"upload": {"href": f"{self.hub.endpoint}/lfs/{one['oid']}"}}}
                for one in json.loads(self.sent)["objects"]
            ]})  # fmt: skip

    def lfs_put(self, oid: str) -> None:
        if hashlib.sha256(self.sent).hexdigest() != oid:
            self.refuse(422, "", "not what was announced")
        else:
            self.hub.objects[oid] = self.sent
            self.answer_json({})

    def commit(self, repo: str, revision: str) -> None:
        if not self.writer(repo.split("/")[-2]):
            return
        there, lines = self.hub.repos[repo], [json.loads(line) for line in self.sent.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit", there.commit_of(revision)) != there.commit_of(revision):
            self.refuse(412, "", "A commit has happened since")
            return
        new, kept = {}, dict(there.commits[there.commit_of(revision)])
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                new[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                new[value["path"]] = self.hub.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del kept[value["path"]]
        oid = self.hub.add(repo, {**kept, **new}, revision)
        self.hub.commits.append((repo, sorted(new)))
        self.answer_json({"commitUrl": f"{self.hub.endpoint}/{repo}/commit/{oid}", "commitOid": oid})
