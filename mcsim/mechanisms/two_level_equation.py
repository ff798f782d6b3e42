"""The generating equation of `TwoLevel` in symbols and numbers, for people."""

from typing import TYPE_CHECKING

from mcsim.parameters import plain_text

if TYPE_CHECKING:
    from mcsim.mechanisms.two_level import TwoLevel


def equation(model: "TwoLevel") -> tuple[str, ...]:
    """The lines of level 1, level 2 and the distributions.

    Parameters
    ----------
    model : TwoLevel
        The condition.

    Returns
    -------
    tuple of str
        Such as ``level 2: b0_j = gamma00 + gamma01 z_j + u0_j = 2 + 0.3 z_j + u0_j``.
    """
    names = model.columns()
    slope = model.slope_variance is not None
    lines = ["level 1: y_ij = b0_j + b1_j x_ij + e_ij" if "x" in names else "level 1: y_ij = b0_j + e_ij"]
    lines.append(_coefficient("b0_j", {"gamma00": model.gamma00, "gamma01": model.gamma01}, "u0_j"))
    if "x" in names:
        lines.append(
            _coefficient("b1_j", {"gamma10": model.gamma10, "gamma11": model.gamma11}, "u1_j" if slope else "")
        )
    lines += [f"random effects: {_random_effects(model)}", f"residuals: e_ij ~ N(0, sigma2 = {_text(model.sigma2)})"]
    if predictors := _predictors(model):
        when = "in every replication" if model.predictors == "random" else "once, the same in every replication"
        lines.append(f"predictors: {predictors}, drawn {when}")
    return tuple(lines)


def _text(value: float | None) -> str:
    return plain_text(0.0 if value is None else value)


def _coefficient(name: str, gammas: dict[str, float | None], effect: str) -> str:
    """A line of level 2; the second of the two gammas multiplies z."""
    symbols, numbers = [], []
    for (gamma, value), factor in zip(gammas.items(), ("", " z_j"), strict=True):
        if value is not None:
            symbols.append(gamma + factor)
            numbers.append(_text(value) + factor)
    last = [effect] if effect else []
    if not symbols:
        return f"level 2: {name} = {effect}"
    in_numbers = " + ".join(numbers + last).replace("+ -", "- ")
    return f"level 2: {name} = {' + '.join(symbols + last)} = {in_numbers}"


def _random_effects(model: "TwoLevel") -> str:
    intercept = f"u0_j ~ N(0, tau2 = {_text(model.tau2)})"
    if model.slope_variance is None:
        return intercept
    if model.covariance is None:
        return f"{intercept}, u1_j ~ N(0, slope_variance = {_text(model.slope_variance)}), independent"
    tau2, both, slope = _text(model.tau2), _text(model.covariance), _text(model.slope_variance)
    return f"(u0_j, u1_j) ~ N(0, [tau2, covariance; covariance, slope_variance] = [{tau2}, {both}; {both}, {slope}])"


def _predictors(model: "TwoLevel") -> str:
    spreads = {"x": f"x_ij ~ N(0, x_sd^2 = {_text(model.x_sd)}^2)", "z": f"z_j ~ N(0, z_sd^2 = {_text(model.z_sd)}^2)"}
    return ", ".join(text for name, text in spreads.items() if name in model.columns())
