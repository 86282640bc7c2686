"""What a SODA validator would ask (sodalint is not to be had any more): each rule of SODA 1.0, DALI 1.1 and UWS 1.1 as
one request and the answer it must have, then the validators of STILTS on the documents that came up.
"""

import re
import urllib.parse

from checks import YOUNGER_TERMS, check, query, request, saved, tool

SODA = "/api/image/soda"
SYNC, ASYNC = SODA + "/sync", SODA + "/async"
DID = "ivo://example.org/DC_W13_Stripe82?calexp/5646240694"
D = "ID=" + urllib.parse.quote(DID, safe="")
CIRCLE = "CIRCLE=37.6292+0.104625+0.003"
BOUNDARY = "----conformance"


def undated(body):
    """A FITS file without the cards that say when it was made."""
    cards = (body[at : at + 80] for at in range(0, len(body), 80))
    return b"".join(card for card in cards if not card.startswith(b"DATE    ="))


def expect(asked, status, start=b"", media_type=None, path=SYNC, **how):
    """One request and what its answer must be; `start` is how the body begins."""
    url = f"{path}?{asked}" if asked else path
    answer = request(url, **how)
    name = f"{how.get('method', 'GET')} {url[:100]} -> {status} {start.decode()}"
    said = (answer.status, answer.headers.get("Content-Type"), answer.body[:200])
    check(name, answer.status == status and answer.body.startswith(start), said)
    if media_type:
        check(f"{name}: {media_type}", (answer.headers.get("Content-Type") or "").split("; charset")[0] == media_type, said)
    return answer


# Without parameters the service describes itself.
itself = expect("", 200, b"<?xml", "application/x-votable+xml")
check("the description has a self-descriptor", 'utype="adhoc:this"' in itself.text)

# Datasets.
expect("ID=x", 404, b"UsageError", "text/plain")
expect(CIRCLE, 400, b"UsageError: ID is required", "text/plain")
whole = expect(D, 200, b"SIMPLE", "application/fits")

# Parameters by every way, in any case: the same bytes.
upper = expect(f"{D}&{CIRCLE}", 200, b"SIMPLE", "application/fits")
form = f"{D}&{CIRCLE}".encode()
fields = {"ID": DID, "CIRCLE": "37.6292 0.104625 0.003"}
parts = "".join(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
multipart = f"{parts}--{BOUNDARY}--\r\n".encode()
for name, answer in [
    ("lower case", expect(f"{D}&{CIRCLE}".replace("ID", "id").replace("CIRCLE", "circle"), 200)),
    ("a form", expect("", 200, method="POST", data=form)),
    (
        "multipart",
        expect("", 200, method="POST", data=multipart, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
    ),
    ("both", expect(D, 200, method="POST", data=CIRCLE.encode())),
]:
    check(f"parameters in {name}: identical bytes", undated(answer.body) == undated(upper.body))

# Values that are no shapes.
for circle in ["1 2", "1 2 0", "1 2 -1", "1 2 181", "1 91 1", "a b c", "1 2 NaN", "NaN 2 1", "Inf 2 1", "361 2 1", "1 2 1e999"]:
    expect(f"{D}&{query(CIRCLE=circle)}", 400, b"UsageError", "text/plain")
for polygon in [
    "1 2 3 4",
    "1 2 3 4 5",
    "1 2 3 4 5 6 7",
    "1 2 3 4 1 2",
    "0 0 1 1 1 0 0 1",
    "0 0 180 0 90 45",
    "0 0 1 0 2 0",
    "1 2 NaN 3 4 5",
]:
    expect(f"{D}&{query(POLYGON=polygon)}", 400, b"UsageError", "text/plain")
for pos in ["SQUARE 1 2 3", "RANGE 1 2 3", "RANGE 1 2 5 4", "RANGE NaN 2 3 4", "CIRCLE", "1 2 3", "FK4 CIRCLE 1 2 3"]:
    expect(f"{D}&{query(POS=pos)}", 400, b"UsageError", "text/plain")
clockwise, counter = "37.627 0.103 37.631 0.103 37.631 0.106", "37.631 0.106 37.631 0.103 37.627 0.103"
both = [undated(expect(f"{D}&{query(POLYGON=polygon)}", 200).body) for polygon in (clockwise, counter)]
check("POLYGON clockwise and counter-clockwise: identical bytes", both[0] == both[1])

# The whole sky is the whole image; nothing is 204.
for everything in ["RANGE 0 360 -90 90", "RANGE -Inf +Inf -Inf +Inf"]:
    answer = expect(f"{D}&{query(POS=everything)}", 200, b"SIMPLE")
    check(f"{everything}: the whole image", re.fullmatch(r"1:\d+,1:\d+", answer.headers["X-Cutout-Bounds"]), answer.headers)
    check(f"{everything}: as long as the file", len(answer.body) == len(whole.body))
answer = expect(f"{D}&CIRCLE=200+40+0.1", 204)
check("204 has neither body nor type", not answer.body and "Content-Type" not in answer.headers, answer.headers)

# Several values, other axes, forms of the answer.
expect(f"{D}&CIRCLE=1+2+3&CIRCLE=1+2+4", 400, b"MultiValuedParamNotSupported", "text/plain")
polarized = request(f"{SYNC}?{D}&POL=I&POL=Q")
check("several POL are one filter", not polarized.text.startswith("MultiValued"), polarized.text)
expect(f"{D}&BAND=5e-7+6e-7", 200, b"SIMPLE")
expect(f"{D}&BAND=1+2", 204)
expect(f"{D}&BAND=2+1", 400, b"UsageError")
expect(f"{D}&TIME=10+20", 204)
for media_type in ["application/fits", "image/fits"]:
    expect(f"{D}&PIXEL=1+2+1+2&RESPONSEFORMAT={media_type}", 200, b"SIMPLE", media_type)
expect(f"{D}&RESPONSEFORMAT=foo/bar", 400, b"UsageError", "text/plain")
expect("", 415, b"UsageError", method="POST", data=b"<a/>", headers={"Content-Type": "text/xml"})
expect("", 405, b"UsageError", method="DELETE")


# Jobs.
def created(**parameters):
    """The path of a new job, from the document the client is led to."""
    answer = request(ASYNC, "POST", parameters)
    check("a new job leads to its document", answer.status == 200 and "<uws:job " in answer.text, answer.text)
    return f"{ASYNC}/" + re.search(r"jobId>([0-9a-f]+)<", answer.text).group(1)


def phase(job):
    """The phase a job ends in; a wait is over at every change of phase."""
    while True:
        found = re.search(r"phase>(\w+)<", request(f"{job}?WAIT=30").text).group(1)
        if found not in ("QUEUED", "EXECUTING"):
            return found


job = created(ID=DID, RUNID="conformance")
check("a new job is PENDING", request(job + "/phase").text == "PENDING")
check("parameters are taken while it is", request(job + "/parameters", "POST", {"CIRCLE": "37.6292 0.104625 0.003"}).status == 200)
expect("", 400, b"UsageError", "text/plain", path=job, method="POST", data=b"CIRCLE=1+2+3")
check("PHASE=RUN is taken", request(job + "/phase", "POST", {"PHASE": "RUN"}).status == 200)
check("the job completes", phase(job) == "COMPLETED")
result = expect("", 200, b"SIMPLE", "application/fits", path=job + "/results/result_1")
check("its result is what sync would have answered", undated(result.body) == undated(upper.body))
part = request(job + "/results/result_1", headers={"Range": "bytes=0-79"})
check("results come in ranges", part.status == 206 and part.body == result.body[:80])
again = request(job + "/results/result_1", headers={"If-None-Match": result.headers["ETag"]})
check("results have an ETag", again.status == 304)
expect("", 404, path=job + "/error")
expect("", 403, b"UsageError", path=job + "/parameters", method="POST", data=b"CIRCLE=1+2+3")
expect("", 403, b"UsageError", path=job + "/phase", method="POST", data=b"PHASE=RUN")
expect("WAIT=-2", 400, b"UsageError", path=job)

two_by_two = created(ID=DID, CIRCLE=["37.6292 0.104625 0.003", "200 40 0.1"], BAND=["6e-7", "5e-7 7e-7"], PHASE="RUN")
check("2 CIRCLE x 2 BAND: completed although two are empty", phase(two_by_two) == "COMPLETED")
results = re.findall(r'<uws:result id="(\w+)"', request(two_by_two).text)
check("2 CIRCLE x 2 BAND: four results", results == [f"result_{n}" for n in (1, 2, 3, 4)], results)
expect("", 200, b"SIMPLE", path=two_by_two + "/results/result_2")
expect("", 200, b"UsageError: no overlap", "text/plain", path=two_by_two + "/results/result_3")
bad = created(ID=DID, CIRCLE="1 2", PHASE="RUN")
check("a bad CIRCLE: ERROR", phase(bad) == "ERROR")
expect("", 200, b"UsageError", "text/plain", path=bad + "/error")
check("a bad CIRCLE: errorSummary", "<uws:errorSummary" in request(bad).text)

# Documents, as long as the jobs are there.
for path, top in [(job, "job"), (two_by_two, "job"), (bad, "job"), (ASYNC, "jobs")]:
    document = saved(request(path).body, ".xml")
    tool(f"xsdvalidate: a {top}", "stilts", "xsdvalidate", f"doc={document}", "uselocals=true", f"topel={top}")
every = re.findall(r"<TD>(ivo://[^<]+)</TD>", request(f"{SODA}/query").text)
every = sorted({name.replace("&amp;", "&") for name in every})
links = saved(request(f"{SODA}/links", "POST", {"ID": every}).body, ".xml")
said = tool(f"votlint: links of {len(every)} datasets", "stilts", "votlint", f"votable={links}", "ucd=true", "unit=true")
# Descriptors of many datasets have the same names; only their IDs must differ (VOTable 1.4, section 3.2).
complaints = [line for line in said.splitlines() if line.strip() and "already used in this VOTABLE" not in line]
check("votlint finds nothing but names that repeat", not complaints, said)
said = tool(f"datalinklint: links of {len(every)} datasets", "stilts", "datalinklint", f"votable={links}", "report=E", "maxrepeat=9999")
errors = [line for line in said.splitlines() if line.startswith("E-") and not any(f"'{term}'" in line for term in YOUNGER_TERMS)]
check("datalinklint finds no error", not errors, said)

for gone in (job, two_by_two, bad):
    removed = request(gone, "DELETE")
    leads = removed.status == 303 and removed.headers["Location"].endswith(ASYNC)
    check("DELETE leads to the list", leads, removed.headers)
    expect("", 404, path=gone)
