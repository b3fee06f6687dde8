"""Do the two modes share a population geometry? Measures that do not ask which unit is which, or only in part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import subspace_angles

from mirror_core.analysis.correlation import centred, unit_length
from mirror_core.analysis.permutations import exchanges_of_alike, random_permutations
from mirror_core.analysis.significance import share_beyond
from mirror_core.analysis.validation import Recording, RecordingError, checked_pair
from mirror_core.checks import one_of, whole


@dataclass(frozen=True)
class Measure:
    """One number of a population beside its null."""

    value: float
    null: Float[np.ndarray, " draw"]

    @property
    def p(self) -> float:
        """One-sided p: the share of values, the observed one among them, that are at least as large."""
        return float(share_beyond(np.array([self.value]), self.null[:, None])[0])

    @property
    def p_less(self) -> float:
        """One-sided p the other way: the share of values that are at least as small."""
        return float(share_beyond(np.array([-self.value]), -self.null[:, None])[0])


def linear_cka(perform: Recording, observe: Recording, *, centre_timesteps: bool = False) -> float:
    """Return the debiased linear CKA of the two modes: how alike the distances between rows are.

    1 for populations that are rotations of each other, about 0 for unrelated ones, which without debiasing it would
    exceed the more the larger the populations (Kornblith et al. 2019; the unbiased estimate of Song et al. 2012).
    Never forms a row-by-row table: the cost grows with rows × units².

    Raises
    ------
    RecordingError
        If the recordings do not fit together, have fewer than four rows, or one does not vary.

    Examples
    --------
    >>> import numpy as np
    >>> perform = np.random.default_rng(0).standard_normal((30, 4, 3))
    >>> rotated = perform @ np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    >>> round(linear_cka(perform, rotated), 6)
    1.0
    """
    perform, observe = checked_pair(perform, observe)
    if perform.shape[0] * perform.shape[1] < 4:
        raise RecordingError(f"perform and observe have shape {perform.shape}: CKA needs at least 4 rows.")
    x, y = (_rows(centred(mode, centre_timesteps)) for mode in (perform, observe))
    scale = _hsic(x, x) * _hsic(y, y)
    if scale <= 0:
        raise RecordingError("perform or observe does not vary: CKA is not defined.")
    return float(_hsic(x, y) / np.sqrt(scale))


def cka_test(
    perform: Recording,
    observe: Recording,
    n_permutations: int,
    rng: np.random.Generator,
    *,
    centre_timesteps: bool = False,
) -> Measure:
    """Test `linear_cka` by re-pairing whole sequences: do the two geometries follow the same events?

    Two unrelated networks that follow the same events pass, since CKA does not ask which unit is which.

    Raises
    ------
    RecordingError, OptionError
        See `linear_cka`; also for fewer than one permutation.
    """
    whole("n_permutations", n_permutations, 1)
    value = linear_cka(perform, observe, centre_timesteps=centre_timesteps)
    x, y = (centred(mode, centre_timesteps) for mode in checked_pair(perform, observe))
    scale = np.sqrt(_hsic(_rows(x), _rows(x)) * _hsic(_rows(y), _rows(y)))
    repairings = random_permutations(len(x), n_permutations, rng)
    of_x, of_y = ((mode**2).sum(axis=2) for mode in (x, y))  # once, not for each draw
    null = [_hsic(_rows(x), _rows(y[order]), of_x.ravel(), of_y[order].ravel()) / scale for order in repairings]
    return Measure(value, np.array(null))


@dataclass(frozen=True)
class Alignment:
    """How the leading principal subspaces of the two modes lie to each other, beside a null of `alignment_index`."""

    perform_in_observe: Measure
    """Share of performing's variance that observing's subspace holds, of the most that any subspace could."""
    observe_in_perform: Measure
    """The other way round."""
    angles: Float[np.ndarray, " dim"]
    """Principal angles between the two subspaces, in radians, the smallest first."""
    null_angles: Float[np.ndarray, "draw dim"]
    """Principal angles between two random subspaces, or between those of the modes with the units exchanged in one. The
    smallest is no test of its own beside exchanged units: in simulations (see `alignment_index`) it was below 95 % of
    them in .18 of the data sets with log-normal noise, and in .51 where one gain, another in each mode, moved all units
    (the index: .08)."""


ALIGNMENT_NULLS = ("covariance", "units")
"""Random subspaces with the covariance of both modes together; units of one mode exchanged."""
ALIKE = 6
"""Units that are exchanged with each other, at least, where a population has as many."""


def alignment_index(
    perform: Recording,
    observe: Recording,
    n_dims: int,
    n_draws: int,
    rng: np.random.Generator,
    *,
    null: str = "covariance",
    standardise: bool = False,
    centre_timesteps: bool = False,
) -> Alignment:
    """Return the alignment index of the two modes, both ways (Elsayed et al. 2016).

    Tr(Dᵀ C D) over the sum of C's leading eigenvalues, with C the covariance of one mode and D the leading
    directions of the other: 1 if both modes vary in the same subspace, 0 if in orthogonal ones. Alignment below the
    null (`Measure.p_less`) is as much of a finding as above.

    The null "covariance" draws the subspaces at random, but with the covariance of both modes together: two modes of
    one network would share the directions in which it varies at all. It answers whether the subspaces lie together
    more than the directions of large variance anyway do. Units that vary much in both modes and have nothing else in
    common are such directions: it finds them alike.

    The null "units" exchanges units of one mode: each mode keeps its spectrum and how its units vary together, and
    which unit is which is lost. Units are exchanged with those of which the leading dimensions of the two modes
    together hold about as much (`ALIKE`): units that follow anything do so in both modes, and would alone make the
    index vary more than among any units. With `standardise` it answers whether the same units span the same
    dimensions, beyond how much each of them varies; without, units that vary much in both modes make them alike.
    Where units shared no dimension (independent noise; independent tunings, of half of the units or all; noise equal,
    log-normal, or that of spikes at rates ten-fold apart; 300 data sets of 48 units each) p ≤ .05 occurred in at most
    .08 of the data sets and `p_less` ≤ .05 in at most .09; random subspaces with the covariance find the noise alike
    in all. Tunings correlated by .95 across modes in half of the units were found in .61 (spikes) and 1.00 (equal
    noise), in a quarter of spiking units in .10.

    Parameters
    ----------
    n_dims
        Dimensions of the subspaces, at most the number of units.
    n_draws
        Random subspaces or exchanges of units, at least two.
    rng
        Source of these.
    null
        A name in `ALIGNMENT_NULLS`.
    standardise
        Scale each unit to unit variance in either mode first, so that the index compares correlations: a unit that
        varies more then counts no more, and one that is constant in a mode does not count there.
    centre_timesteps
        See `unit_correlation`.

    Raises
    ------
    RecordingError, OptionError
        If the recordings do not fit together or an option is outside its range.

    Examples
    --------
    Independent noise whose units vary unequally has the same large directions in both modes, and no common dimension:

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> noisy = np.geomspace(0.1, 1, 20)
    >>> perform, observe = noisy * rng.standard_normal((2, 50, 4, 20))
    >>> alignment_index(perform, observe, 5, 99, rng).perform_in_observe.p <= 0.05
    True
    >>> alignment_index(perform, observe, 5, 99, rng, null="units", standardise=True).perform_in_observe.p <= 0.05
    False
    """
    whole("n_draws", n_draws, 2)
    one_of("null", null, ALIGNMENT_NULLS)
    covariances = _covariances(perform, observe, n_dims, centre_timesteps, standardise)
    own = [_leading(covariance, n_dims) for covariance in covariances]
    if null == "units":
        exchanges = exchanges_of_alike(sum((directions**2).sum(axis=1) for directions in own), ALIKE, n_draws, rng)
        drawn = [directions[exchanges] for directions in own]
        pairs = np.swapaxes(own[0], 0, 1) @ drawn[1]
    else:
        values, vectors = np.linalg.eigh(sum(covariances) / 2)
        spread = vectors * np.sqrt(np.maximum(values, 0))
        random = np.linalg.qr(spread @ rng.standard_normal((n_draws, spread.shape[1], n_dims)))[0]
        drawn = [random, random]
        pairs = np.swapaxes(random, 1, 2) @ np.roll(random, 1, axis=0)

    def measure(covariance: np.ndarray, directions: np.ndarray, drawn: np.ndarray) -> Measure:
        most = np.linalg.eigvalsh(covariance)[-n_dims:].sum()
        held = np.einsum("ud,uv,vd->", directions, covariance, directions, optimize=True)
        by_chance = np.einsum("nud,uv,nvd->n", drawn, covariance, drawn, optimize=True)
        return Measure(float(held / most), by_chance / most)

    cosines = np.linalg.svd(pairs, compute_uv=False)
    return Alignment(
        measure(covariances[0], own[1], drawn[1]),
        measure(covariances[1], own[0], drawn[0]),
        angles=subspace_angles(*own)[::-1],
        null_angles=np.arccos(np.minimum(cosines, 1)),
    )


def _rows(activity: Recording) -> Float[np.ndarray, "row unit"]:
    return activity.reshape(-1, activity.shape[-1])


def _hsic(
    x: Float[np.ndarray, "row first"],
    y: Float[np.ndarray, "row second"],
    k: Float[np.ndarray, " row"] | None = None,
    m: Float[np.ndarray, " row"] | None = None,
) -> float:
    """Return the unbiased HSIC of linear kernels K = xxᵀ and M = yyᵀ from columns that have mean zero.

    Song et al. (2012), eq. 5, whose sums over the kernels without their diagonals k and m reduce to products of x
    and y: tr(KM) = ‖xᵀy‖² − k·m, and, since xxᵀ and yyᵀ have row sums 0, 1ᵀK1 = −Σk and 1ᵀKM1 = k·m. Squared
    lengths of the rows may be given as k and m.
    """
    n = len(x)
    k, m = ((rows**2).sum(axis=1) if known is None else known for rows, known in ((x, k), (y, m)))
    trace = np.sum((x.T @ y) ** 2) - k @ m
    return (trace + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 * (k @ m) / (n - 2)) / (n * (n - 3))


def _covariances(
    perform: Recording, observe: Recording, n_dims: int, centre_timesteps: bool, standardise: bool
) -> list[Float[np.ndarray, "unit unit"]]:
    """Return the covariance of each mode, or the correlation, in which a constant unit has 0 with all and itself."""
    perform, observe = checked_pair(perform, observe)
    whole("n_dims", n_dims, 1, perform.shape[2])
    if standardise:
        rows = (_rows(np.nan_to_num(unit_length(mode, centre_timesteps))) for mode in (perform, observe))
        covariances = [x.T @ x for x in rows]
    else:
        rows = (_rows(centred(mode, centre_timesteps)) for mode in (perform, observe))
        covariances = [x.T @ x / len(x) for x in rows]
    for name, covariance in zip(("perform", "observe"), covariances, strict=True):
        if not np.trace(covariance) > 0:
            raise RecordingError(f"{name} does not vary: it has no principal subspace.")
    return covariances


def _leading(covariance: Float[np.ndarray, "unit unit"], n_dims: int) -> Float[np.ndarray, "unit dim"]:
    """Return the eigenvectors with the largest eigenvalues."""
    return np.linalg.eigh(covariance)[1][:, -n_dims:]
