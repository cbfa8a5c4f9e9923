"""The marks that say "made by a model" inside a file.

Two standards: IPTC's Digital Source Type (`trainedAlgorithmicMedia`), and the implicit label of GB 45438-2025, annex E
(the `AIGC` field in the TC260 namespace), which names who made the content. The operator of a public service sets its own
name with the environment variable LATENT_STUDIO_PRODUCER.
"""

import hashlib
import json
import os
import re
from xml.sax.saxutils import escape

import gan_core

APP = "Latent Studio"
_IPTC_GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"
    xmlns:studio="urn:latent-studio:1">
   <xmp:CreatorTool>{tool}</xmp:CreatorTool>
   <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
   <TC260:AIGC>{aigc}</TC260:AIGC>{note}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def produce_id(*parts: bytes) -> str:
    """Return a number for this content: the same pixels and point always get the same one (32 hex digits)."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def aigc(produce_id: str, producer: str | None = None) -> str:
    """Return the AIGC field of GB 45438-2025 annex E as JSON: Label "1" (generated), who made it, and its number."""
    producer = producer or os.environ.get("LATENT_STUDIO_PRODUCER", "").strip() or APP
    field = {
        "Label": "1",
        "ContentProducer": _NOT_XML.sub("", producer)[:200],
        "ProduceID": produce_id,
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return json.dumps(field, ensure_ascii=False)


def xmp(produce_id: str, producer: str | None = None, note: str = "") -> bytes:
    """Return the XMP packet (UTF-8) with both marks and a note of ours; well-formed whatever they hold."""
    return _PACKET.format(
        tool=f"{APP} {gan_core.__version__}",
        source=_IPTC_GENERATED,
        aigc=escape(aigc(produce_id, producer)),
        note=f"\n   <studio:Note>{escape(_NOT_XML.sub('', note))}</studio:Note>" if note else "",
    ).encode()
