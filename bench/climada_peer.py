"""CLIMADA on the same hits, in its own environment; run by bench/risk.py, never imported by the product.

Usage: CLIMADA-PYTHON bench/climada_peer.py IN.npz OUT.npz [HAZARD.hdf5]

IN holds: lon, lat, people, region (int), frequency, indptr, indices, data (events x points), knots, share.
OUT gets: by_event, by_point (per year), by_region_event, average, seconds, seconds_regions.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np


def main() -> None:
    warnings.filterwarnings("ignore")
    from climada.engine import ImpactCalc
    from climada.entity import Exposures, ImpactFunc, ImpactFuncSet
    from climada.hazard import Centroids, Hazard
    from scipy import sparse

    given = np.load(sys.argv[1])
    events, points = given["frequency"].size, given["lon"].size
    intensity = sparse.csr_matrix((given["data"], given["indices"], given["indptr"]), shape=(events, points))
    hazard = Hazard(
        "FL",
        centroids=Centroids(lat=given["lat"], lon=given["lon"]),
        event_id=np.arange(1, events + 1),
        event_name=[str(number) for number in range(1, events + 1)],
        frequency=given["frequency"],
        date=np.ones(events, int),
        orig=np.ones(events, bool),
        intensity=intensity,
        units="m",
    )
    if len(sys.argv) > 3:
        hazard.write_hdf5(sys.argv[3])
    import geopandas

    exposures = Exposures(
        geopandas.GeoDataFrame(
            {
                "value": given["people"],
                "impf_FL": 1,
                "centr_FL": np.arange(points),
                "region_id": given["region"],
                "geometry": geopandas.points_from_xy(given["lon"], given["lat"]),
            },
            crs="EPSG:4326",
        )
    )
    curve = ImpactFunc(
        "FL", id=1, intensity=given["knots"], mdd=given["share"], paa=np.ones(given["knots"].size), intensity_unit="m"
    )
    started = time.process_time()
    impact = ImpactCalc(exposures, ImpactFuncSet([curve]), hazard).impact(save_mat=False, assign_centroids=False)
    seconds = time.process_time() - started
    started = time.process_time()
    full = ImpactCalc(exposures, ImpactFuncSet([curve]), hazard).impact(save_mat=True, assign_centroids=False)
    by_region = full.impact_at_reg(agg_regions=given["region"])
    seconds_regions = time.process_time() - started
    np.savez(
        sys.argv[2],
        by_event=impact.at_event,
        by_point=impact.eai_exp,
        by_region_event=by_region.to_numpy(),
        average=impact.aai_agg,
        seconds=seconds,
        seconds_regions=seconds_regions,
    )


if __name__ == "__main__":
    main()
