"""An astronomer's session in pyvo: search, links, whole files."""

import astropy.units as u
import numpy
import pyvo
from astropy.io import fits
from checks import BASE, check, request

SODA = BASE + "/api/image/soda"
DID = "ivo://example.org/DC_W13_Stripe82?calexp/5646240694"

# From the root of the services, from one of them, and by the older name pyvo finds the same service.
for url in (SODA, SODA + "/query"):
    service = pyvo.dal.SIA2Service(url)
    check(f"pyvo finds the search from {url[len(BASE):]}", service.query_ep.endswith("/soda/query"), service.query_ep)

service = pyvo.dal.SIA2Service(SODA)
around = (37.64 * u.deg, 0.1 * u.deg, 0.05 * u.deg)
result = service.search(pos=around, maxrec=50)
dids = [row["obs_publisher_did"] for row in result]
check("a search by cone finds the exposure", DID in dids, dids)
check("the most reduced come first", list(result["calib_level"]) == sorted(result["calib_level"], reverse=True))

check("pyvo is told that there is more", service.search(pos=around, maxrec=1).status[0] == "OVERFLOW")
check("pyvo is told that there is no more", result.status[0] == "OK")

for name, arguments, expected in [
    ("a range", {"pos": (37.6 * u.deg, 37.7 * u.deg, 0.05 * u.deg, 0.15 * u.deg)}, True),
    ("a triangle", {"pos": tuple(angle * u.deg for angle in (37.6, 0.05, 37.7, 0.05, 37.65, 0.2))}, True),
    ("the red band", {"pos": around, "band": (6e-7 * u.m, 6.1e-7 * u.m)}, True),
    ("the infrared", {"pos": around, "band": (2e-6 * u.m, 3e-6 * u.m)}, False),
    ("the collection", {"collection": "DC_W13_Stripe82", "pos": around}, True),
    ("another collection", {"collection": "nina", "pos": around}, False),
    ("calibrated images", {"calib_level": 2, "pos": around}, True),
    ("raw images", {"calib_level": 1, "pos": around}, False),
    ("cubes", {"data_type": "cube", "pos": around}, False),
    ("short exposures", {"exptime": (50 * u.s, 60 * u.s), "pos": around}, True),
    ("long exposures", {"exptime": (500 * u.s, 600 * u.s), "pos": around}, False),
]:
    found = [row["obs_publisher_did"] for row in service.search(maxrec=100, **arguments)]
    check(f"pyvo searches by {name}", (DID in found) == expected, f"{arguments}: {found}")

try:
    pyvo.dal.SIA2Query(SODA + "/query", BAND="-2").execute()
    refusal = ""
except pyvo.dal.DALQueryError as error:
    refusal = str(error)
check("pyvo shows the words of a refusal", "invalid BAND value" in refusal, refusal)

# The links of every row, asked for in one request.
links = {link["ID"][0]: link for link in result.iter_datalinks()}
check("every row has links", sorted(links) == sorted(dids))
for did, link in links.items():
    this = list(link.bysemantics("#this", include_narrower=False))
    check("one link leads to the file", len(this) == 1, link.to_table())
    length = this[0]["content_length"]
    answer = request(this[0]["access_url"], method="HEAD")
    check("its length is exact", int(answer.headers["Content-Length"]) == length, (did, length))

exposure = links[DID]
semantics = set(exposure["semantics"])
check("an exposure has everything", {"#this", "#cutout", "#preview", "#thumbnail", "#progenitor", "#error", "#auxiliary"} <= semantics, semantics)
preview = next(exposure.bysemantics("#preview", include_narrower=False))
picture = request(preview["access_url"])
check("a preview is a picture", picture.body.startswith(b"\x89PNG") and picture.headers["Content-Type"] == "image/png")
progenitor = next(exposure.bysemantics("#progenitor", include_narrower=False))
raw = pyvo.dal.adhoc.DatalinkResults.from_result_url(progenitor["access_url"])
check("the progenitor has links of its own", "#derivation" in set(raw["semantics"]))

record = exposure.get_first_proc()
described = exposure.get_adhocservice_by_id(record["service_def"])
inputs = next(group for group in described.groups if group.name == "inputParams")
values = {param.name: param.values for param in inputs.entries}
row = result[dids.index(DID)]
circle = numpy.asarray(values["CIRCLE"].max, dtype=float)
check("the descriptor has the dataset's own circle", numpy.allclose(circle, [row["s_ra"], row["s_dec"], row["s_fov"] / 2]), circle)
check("the descriptor has the dataset's own band", float(values["BAND"].min) == row["em_min"], values)
cut = fits.HDUList.fromstring(record.process(circle=(37.64 * u.deg, 0.1 * u.deg, 0.005 * u.deg)).read())
check("pyvo cuts by what the descriptor says", any(hdu.header.get("CUTX1", 0) > 1 for hdu in cut), repr(cut))

# A capture of the night is an image like any other.
captures = service.search(collection="nina", maxrec=100)
check("captures with a WCS are found", len(captures) > 0)
capture = captures[0]
again = service.search(pos=(capture["s_ra"] * u.deg, capture["s_dec"] * u.deg, 0.01 * u.deg), collection="nina")
check("and found by position", capture["obs_publisher_did"] in [row["obs_publisher_did"] for row in again])
link = next(capture.getdatalink().bysemantics("#this", include_narrower=False))
with fits.open(link["access_url"], cache=False) as file:
    check("and their files are FITS", file[0].data.shape == (capture["s_xel2"], capture["s_xel1"]))
