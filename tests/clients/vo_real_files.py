"""Cutouts of real files, case by case: what a crop must do to a header is worked out here once more, in other words.

Every image of a cutout is held against its parent: pixels bit by bit, each card that must change, each card that must
not, positions by the primary and every alternate description. Regions are held against the pixels whose centre astropy
puts inside them. Needs `TRIFOCAL_TEST_DATA`.
"""

import hashlib
import math
import os
import random
import re
import sys
import warnings

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from checks import check, query, request
from crops import compare, conclude, is_image, note, opened

warnings.simplefilter("ignore", AstropyWarning)
DATA = os.environ.get("TRIFOCAL_TEST_DATA")
if not DATA:
    print("SKIPPED real files: TRIFOCAL_TEST_DATA is not set")
    sys.exit()
FOLDER = os.path.join(DATA, "fits")
RANDOM = random.Random(1904)

#: What each case is about, and the files that show it.
CASES = {
    "BITPIX 8": ["bitpix+08_two_hdu.fits", "tile_rice_u8.ref.fits"],
    "BITPIX 16": ["bitpix+16_two_hdu.fits", "emmi_field_256.fits", "m13.fits"],
    "BITPIX 32": ["arange_int32_3d.fits", "wcs_region.fits"],
    "BITPIX 64": ["bitpix+64_two_hdu.fits"],
    "BITPIX -32": ["lsst_float_plain.fits", "tile_gzip1_f32.ref.fits"],
    "BITPIX -64": ["bitpix-64_two_hdu.fits", "rice_dither2_seed42.fits"],
    "unsigned by BZERO": ["cfht_megaprime_101.fits", "hst_foc_d0h_uint16.fit", "saao_ste3_raw.fits"],
    "BSCALE and BLANK": ["geirs_int32_blank.fits", "hips_tile_blank_bscale.fits", "scale_bscale_bzero.fits"],
    "RICE_1": ["m13_rice.fits", "tile_rice_i16.fz", "tile_rice_u8.fz", "tile_rice_cube.fz", "ngc1316_rice_comp.fits"],
    "RICE_1 dithered": ["tile_rice_f32_nan.fz", "tile_rice_f64_dither1.fz", "rice_dither2_seed42.fits.fz"],
    "GZIP_1": ["m13_gzip.fits"],
    "GZIP_2": ["tile_gzip2_f32.fz", "lsst_float_gzip2.fits.fz"],
    "HCOMPRESS_1": ["m13_hcomp.fits", "tile_hcompress_i16.fz"],
    "PLIO_1": ["m13_plio.fits", "tile_plio_i16_mask.fz"],
    "packed as a whole": ["chandra_3c58.fits.gz", "dss_14.29.56-62.41.05.fits.gz", "sdss_mosaic_g.fits.bz2"],
    "several extensions": ["gmos_mef_datasec.fits", "hst_nicmos_sci_err_dq.fits", "lsst_calexp_hsc_cut.fits"],
    "one name many times": ["lsst_guider_mc_c_20230616.fits"],
    "cubes": ["alma_m17_cube_nan.fits", "l1448_13co_cube.fits", "noise_4d_casa.fits", "sfl_3d_f64.fits"],
    "SIP": ["wcs_sipsample.fits", "wcs_razero.fits", "lsst_exposure_suprimecam_250.fits", "lsst_calexp_hsc_cut.fits"],
    "TPV": ["wcs_tpv.fits", "decam_c4d_150411_ooi_N10.fits", "bok90prime_deep2g_ra352_1-ccd1.fits"],
    "TPV compressed": ["bok90prime_ksb_170430_ood_CCD4.fits", "bok90prime_ksb_170430_ooi_CCD4.fits"],
    "alternate descriptions": ["lsst_calexp_hsc_cut.fits", "lsst_exposure_v1_10x10.fits", "geirs_int32_blank.fits"],
    "alternates of a camera": ["lsst_raw_comcamsim_16amp.fits"],
    "LTV": ["wcs_region.fits", "gmos_mef_datasec.fits", "decam_c4d_150411_ood_N10.fits", "wcs_tnx.fits"],
    "CNPIX": ["dss_horsehead.fits", "dss_14.29.56-62.41.05.fits.gz"],
    "sections": ["gmos_mef_datasec.fits", "cfht_megaprime_101.fits", "wcs_tnx.fits"],
    "sections of amplifiers": ["cfht_megaprime_256_431cards.fits"],
    "overscan": ["saao_ste3_raw.fits", "bok90prime_deep2g_ra352_1-ccd1.fits"],
    "checksums": ["m13.fits", "wcs_razero.fits", "wcs_sipsample.fits", "lsst_guider_mc_c_20230616.fits"],
    "counted extensions": ["hst_nicmos_sci_err_dq.fits", "hst_stis_naxis0_ext.fits", "decam_c4d_150411_oow_N10.fits"],
    "tables behind": ["dss_horsehead.fits", "wcs_region.fits", "lsst_exposure_v1_10x10.fits"],
    "non-standard cards": ["sdss_fpC-005754-r3-0280.fit.gz", "twomass_k_galcen.fits"],
}

#: Maps and the shape of the sky they show; regions are thrown at each.
MAPS = {
    "RA 0": ["wcs_razero.fits"],
    "a pole": ["wcs_1904-66_ARC.fits", "wcs_1904-66_TAN.fits", "wcs_1904-66_SIN.fits"],
    "a pole of a cylinder": ["wcs_1904-66_CAR.fits", "wcs_1904-66_MER.fits", "wcs_1904-66_SFL.fits"],
    "cones and polycones": ["wcs_1904-66_BON.fits", "wcs_1904-66_COE.fits", "wcs_1904-66_PCO.fits"],
    "facets": ["wcs_1904-66_CSC.fits", "wcs_1904-66_HPX.fits"],
    "perspective": ["wcs_1904-66_AZP.fits", "wcs_1904-66_ZPN.fits", "ukidss_zpn_bscale.fits"],
    "all of the sky": ["rosat_allsky_ait.fits", "wcs_1904-66_AIT.fits"],
    "Galactic": ["msx_e_galcen.fits", "rosat_allsky_ait.fits"],
    "FK4": ["ngc1316_sin_crota.fits"],
    "axes exchanged": ["wcs_tanflip.fits"],
    "SIP regions": ["wcs_sipsample.fits"],
    "TPV regions": ["wcs_tpv.fits", "decam_c4d_150411_ooi_N10.fits"],
}

#: Files whose positions are refused by name; their pixels are cut all the same.
REFUSED = {
    "wcs_tnx.fits": "TNX",
    "distortion_cpdis.fits": "no celestial coordinates",
    "sdo_aia_hpln.fits": "frame",
    "emmi_field_256.fits": "no celestial coordinates",
}


def identifier(name):
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") & (2**53 - 1)
    return f"real.fits.{number}"


def soda(name, **parameters):
    return request("/api/image/soda/sync?" + query(ID=identifier(name), **parameters))


WHOLE = {}


def whole(name):
    if name not in WHOLE:
        answer = soda(name)
        note(f"{name}: whole file", answer.status == 200, answer.text[:200] if answer.status != 200 else "")
        WHOLE.clear()
        WHOLE[name] = answer.body
    return WHOLE[name]


for case, files in CASES.items():
    told = []
    for name in files:
        first = next(hdu for hdu in opened(whole(name)) if is_image(hdu))
        height, width = first.data.shape[-2:]
        total = np.zeros(3, dtype=int)
        for across, along in [((0.3, 0.7), (0.2, 0.9)), ((0, 0.4), (0.6, 1))]:
            spans = [
                (int(side * ends[0]) + 1, max(int(side * ends[0]) + 1, int(side * ends[1])))
                for side, ends in ((width, across), (height, along))
            ]
            answer = soda(name, PIXEL=" ".join(f"{a} {b}" for a, b in spans))
            if answer.status != 200:
                note(f"{case}: {name} {spans}", False, answer.text)
                continue
            total += compare(f"{case}: {name} {spans}", whole(name), answer.body)
        told.append("{} ({} images, {} cards, {} descriptions)".format(name, *total))
    conclude(case, told)


def regions(wcs, width, height):
    """Circles and ranges around places of the image, some across its edges."""
    while True:
        x, y = RANDOM.uniform(0.5, width + 0.5), RANDOM.uniform(0.5, height + 0.5)
        try:
            at = wcs.pixel_to_world(x - 1, y - 1).icrs
        except Exception:
            continue
        if not (np.isfinite(at.ra.deg) and np.isfinite(at.dec.deg)):
            continue
        scale = math.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix)))
        yield at, min(10 ** RANDOM.uniform(0.3, 1.6) * scale, 60)


for case, files in MAPS.items():
    told = []
    for name in files:
        file = opened(whole(name))
        hdu = next(hdu for hdu in file if is_image(hdu))
        wcs = WCS(hdu.header, file).celestial
        height, width = hdu.data.shape[-2:]
        rows, columns = np.mgrid[0:height, 0:width]
        sky = wcs.pixel_to_world(columns, rows)
        native = np.isfinite(sky.spherical.lon.deg)
        lon, lat = (np.where(native, angle.deg, 0) for angle in (sky.spherical.lon, sky.spherical.lat))
        sky = SkyCoord(lon, lat, unit="deg", frame=sky.frame.replicate_without_data()).icrs
        # Beyond the rim of a map astropy gives places that do not lead back.
        back = wcs.world_to_pixel(sky)
        native &= np.hypot(back[0] - columns, back[1] - rows) < 1e-3
        tried = empty = 0
        places = regions(wcs, width, height)
        extra = []
        if case == "RA 0":
            extra = [(SkyCoord(0, float(np.median(sky.dec.deg)), unit="deg"), 0.02)]
        if case.startswith("a pole"):
            extra = [(SkyCoord(0, -90, unit="deg"), 3.0)]
        for n in range(20):
            at, radius = extra.pop() if extra else next(places)
            if n % 3 == 2:
                south, north = max(-90, at.dec.deg - radius), min(90, at.dec.deg + radius / 2)
                west, east = (at.ra.deg - radius) % 360, (at.ra.deg + radius / 3) % 360
                hits = native & ((sky.ra.deg - west) % 360 <= (east - west) % 360)
                hits &= (sky.dec.deg >= south) & (sky.dec.deg <= north)
                region = {"POS": f"RANGE {west} {east} {south} {north}"}
            else:
                hits = native & (sky.separation(at).deg <= radius)
                region = {"CIRCLE": f"{at.ra.deg} {at.dec.deg} {radius}"}
            answer = soda(name, DETAIL="image", KIND="HEADER", **region)
            where = f"{case}: {name} {region}"
            tried += 1
            if answer.status == 204:
                empty += 1
                note(where + " is empty", not hits.any(), int(hits.sum()))
                continue
            if answer.status != 200:
                note(where, False, answer.text)
                continue
            bounds = re.match(r"(\d+):(\d+),(\d+):(\d+)", answer.headers["X-Cutout-Bounds"])
            x1, x2, y1, y2 = (int(n) for n in bounds.groups())
            if not hits.any():
                continue
            ys, xs = np.nonzero(hits)
            due = xs.min() + 1, xs.max() + 1, ys.min() + 1, ys.max() + 1
            holds = x1 <= due[0] and x2 >= due[1] and y1 <= due[2] and y2 >= due[3]
            note(where + " holds all", holds, f"{(x1, x2, y1, y2)} {due}")
            inside = due[0] > 2 and due[1] < width - 1 and due[2] > 2 and due[3] < height - 1
            if inside and native[max(0, y1 - 2) : y2 + 1, max(0, x1 - 2) : x2 + 1].all():
                # Corners of a region reach further than the centres of pixels it holds.
                tight = max(due[0] - x1, x2 - due[1], due[2] - y1, y2 - due[3]) <= 2
                note(where + " is tight", tight, f"{(x1, x2, y1, y2)} {due}")
        told.append(f"{name} ({tried} regions, {empty} without pixels)")
    conclude(case, told)

for name, word in REFUSED.items():
    answer = soda(name, CIRCLE="150 2 1")
    is_told = answer.status == 400 and word in answer.text and "PIXEL" in answer.text
    check(f"refused by name: {name}", is_told, answer.text)
    check(f"cut by pixels: {name}", soda(name, PIXEL="1 5 1 5").status == 200)
    number = identifier(name).split(".")[-1]
    v1 = request("/api/image/v1/real?" + query(ds="fits", sid=number, ra=150, dec=2, width=5, height=5))
    check(f"refused by ImageServ: {name}", v1.status in (500, 501) and '"exception"' in v1.text, v1.text)
