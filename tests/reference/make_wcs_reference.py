#!/usr/bin/env python3
"""Writes wcs.json: headers with the sky positions astropy finds at a few of their pixels.

    python make_wcs_reference.py DIRECTORY > wcs.json

DIRECTORY holds fits/ and nina/ with the files named below (survey, mission and amateur files found in public
repositories). Only the cards that state coordinates are taken from them. Needs astropy; made with 8.0.2.
"""

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import BarycentricMeanEcliptic, Galactic, SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

FILES = [
    ("fits/alma_m17_cube_nan.fits", 0), ("fits/bok90prime_deep2g_ra352_1-ccd1.fits", 1),
    ("fits/cfht_megaprime_101.fits", 0), ("fits/chandra_3c58.fits.gz", 0),
    ("fits/decam_c4d_150411_ooi_N10.fits", 1), ("fits/gmos_mef_datasec.fits", 1),
    ("fits/hst_foc_d0h_uint16.fit", 0), ("fits/hst_nicmos_sci_err_dq.fits", 1), ("fits/l1448_13co_cube.fits", 0),
    ("fits/lsst_calexp_cfht_849375-12.fits.fz", 1), ("fits/lsst_calexp_hsc_cut.fits", 1), ("fits/m13.fits", 0),
    ("fits/msx_e_galcen.fits", 0), ("fits/ngc1316_sin_crota.fits", 0), ("fits/noise_4d_casa.fits", 0),
    ("fits/rosat_allsky_ait.fits", 0), ("fits/sdss_fpC-005754-r3-0280.fit.gz", 0),
    ("fits/twomass_k_galcen.fits", 0), ("fits/ukidss_zpn_bscale.fits", 1), ("fits/wcs_1904-66_AIT.fits", 0),
    ("fits/wcs_1904-66_ARC.fits", 0), ("fits/wcs_1904-66_AZP.fits", 0), ("fits/wcs_1904-66_BON.fits", 0),
    ("fits/wcs_1904-66_CAR.fits", 0), ("fits/wcs_1904-66_COE.fits", 0), ("fits/wcs_1904-66_CSC.fits", 0),
    ("fits/wcs_1904-66_HPX.fits", 0), ("fits/wcs_1904-66_MER.fits", 0), ("fits/wcs_1904-66_PCO.fits", 0),
    ("fits/wcs_1904-66_SFL.fits", 0), ("fits/wcs_1904-66_SIN.fits", 0), ("fits/wcs_1904-66_ZPN.fits", 0),
    ("fits/wcs_razero.fits", 0), ("fits/wcs_tanflip.fits", 0), ("fits/wcs_tpv.fits", 0),
    ("nina/dslr_panoptes_solved.fits.fz", 1), ("nina/ekos_ccdsim_wcs.fits", 0),
    ("nina/maxim_apogee_sip_50x100.fits", 0), ("nina/siril_qhy268m_rice.fit.fz", 1),
]

BASE = ["NAXIS1=300", "NAXIS2=200", "CRPIX1=120.25", "CRPIX2=88.5", "CD1_1=-2.5E-4", "CD1_2=3E-5", "CD2_1=4E-5",
        "CD2_2=2.4E-4"]
TAN = ["CTYPE1='RA---TAN'", "CTYPE2='DEC--TAN'", "CRVAL1=83.6", "CRVAL2=-21.9"]
STRIPE = ["NAXIS1=300", "NAXIS2=300", "CTYPE1='RA---CEA'", "CTYPE2='DEC--CEA'", "CRPIX1=-322839", "CRPIX2=10894",
          "CRVAL1=45", "CRVAL2=0", "CD1_1=-1.1E-4", "CD2_2=1.1E-4", "CD1_2=0", "CD2_1=0"]
MADE_UP = {
    "FK4 at B1950": BASE + TAN + ["RADESYS='FK4'", "EQUINOX=1950.0"],
    "FK4 by its equinox alone": BASE + TAN + ["EQUINOX=1975.0"],
    "FK4 without E-terms": BASE + TAN + ["RADESYS='FK4-NO-E'", "EQUINOX=1950.0"],
    "FK5 of date": BASE + TAN + ["RADESYS='FK5'", "EQUINOX=2024.5"],
    "FK5 under the old keywords": BASE + TAN + ["RADECSYS='FK5'", "EPOCH=2000.0"],
    "Galactic ZEA": BASE + ["CTYPE1='GLON-ZEA'", "CTYPE2='GLAT-ZEA'", "CRVAL1=0", "CRVAL2=-90"],
    "ecliptic STG": BASE + ["CTYPE1='ELON-STG'", "CTYPE2='ELAT-STG'", "CRVAL1=200", "CRVAL2=40"],
    "AIPS global sinusoid": BASE + ["CTYPE1='RA---GLS'", "CTYPE2='DEC--GLS'", "CRVAL1=10", "CRVAL2=33"],
    "north celestial pole projection": BASE + ["CTYPE1='RA---NCP'", "CTYPE2='DEC--NCP'", "CRVAL1=10", "CRVAL2=33"],
    "LONPOLE off its default": BASE + TAN + ["LONPOLE=150"],
    "MOL far from its middle": BASE + ["CTYPE1='RA---MOL'", "CTYPE2='DEC--MOL'", "CRVAL1=300", "CRVAL2=0",
                                       "LATPOLE=90"],
    "coadd of stripe 82 (CEA)": STRIPE,
    "COP": BASE + ["CTYPE1='RA---COP'", "CTYPE2='DEC--COP'", "CRVAL1=10", "CRVAL2=50", "PV2_1=45", "PV2_2=10"],
    "arc seconds": ["NAXIS1=300", "NAXIS2=200", "CTYPE1='RA---TAN'", "CTYPE2='DEC--TAN'", "CUNIT1='arcsec'",
                    "CUNIT2='arcsec'", "CRVAL1=300960", "CRVAL2=-78840", "CRPIX1=150", "CRPIX2=100", "CDELT1=-1.5",
                    "CDELT2=1.5", "CROTA2=12.5"],
}

KEPT = re.compile(
    r"^(Z?NAXIS[1-4]?|WCSAXES|CTYPE\d|CUNIT\d|CRPIX\d|CRVAL\d|CDELT\d|CROTA\d|CD\d_\d|PC\d_\d|PC00\d00\d|PV\d_\d+|"
    r"LONPOLE|LATPOLE|RADE(C)?SYS|EQUINOX|EPOCH|[AB]_ORDER|[AB]_\d_\d|RESTFRQ|RESTFREQ|SPECSYS|VELREF)$")


def kept_cards(header):
    """KEYWORD=value lines, values as the file spells them."""
    lines = []
    for card in header.cards:
        if KEPT.match(card.keyword):
            value = card.image[10:].strip()
            if value.startswith("'"):
                value = re.match(r"'(?:[^']|'')*'", value).group(0)
            else:
                value = value.split("/")[0].strip()
            lines.append(f"{card.keyword}={value}")
    return lines


def positions(lines):
    header = fits.Header.fromstring("".join(
        f"{key:<8}= {value}".ljust(80) for key, value in (line.split("=", 1) for line in lines)))
    wcs = WCS(header)
    size = [header.get(f"ZNAXIS{n}", header.get(f"NAXIS{n}", 100)) for n in (1, 2)]
    lng, lat = wcs.wcs.lng, wcs.wcs.lat
    kind = wcs.wcs.ctype[lng][:4]
    if kind == "GLON":
        frame = Galactic()
    elif kind == "ELON":
        frame = BarycentricMeanEcliptic(equinox=Time("J2000"))
    else:
        frame = wcs_to_celestial_frame(wcs)
    found = []
    for fx, fy in [(0, 0), (1, 1), (0.5, 0.5), (0.3, 0.75), (0.8, 0.2), (0.45, 0.6)]:
        pixel = [round(1 + fx * (size[0] - 1), 2), round(1 + fy * (size[1] - 1), 2)]
        full = np.array([pixel + [1.0] * (wcs.naxis - 2)])
        try:
            world = wcs.all_pix2world(full, 1)[0]
            back = wcs.all_world2pix([world], 1, tolerance=1e-9)[0]
        except Exception:
            continue
        # Positions outside a map, and those two pixels of it share, are no reference.
        if not np.isfinite(world).all() or np.hypot(*(back - full[0])[:2]) > 0.05:
            continue
        icrs = SkyCoord(world[lng] * units.deg, world[lat] * units.deg, frame=frame).icrs
        found.append(pixel + [float(f"{v:.12f}") for v in (world[lng], world[lat], icrs.ra.deg, icrs.dec.deg)])
    return found[:5]


def main():
    warnings.simplefilter("ignore")
    root = Path(sys.argv[1])
    entries = []
    for name, index in FILES:
        with fits.open(root / name, disable_image_compression=True) as hdus:
            lines = kept_cards(hdus[index].header)
        entries.append({"name": Path(name).name, "header": lines, "positions": positions(lines)})
    for name, lines in MADE_UP.items():
        entries.append({"name": name, "header": lines, "positions": positions(lines)})
    for entry in entries:
        if len(entry["positions"]) < 3:
            sys.exit(f"{entry['name']}: only {len(entry['positions'])} positions")
    # One entry a line, so that a change shows as what it is.
    body = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    print('{"made_with":"astropy 8.0.2","columns":["x","y","longitude","latitude","ra","dec"],"headers":[\n'
          + body + "\n]}")


if __name__ == "__main__":
    main()
