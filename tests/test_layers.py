"""Layers that families share: norms that are folded away leave the picture as it was."""

import pytest
import torch
from torch import nn

from gan_core.config import ModelConfig
from gan_core.layers import fold_norms
from gan_core.models import build


@pytest.mark.parametrize("family", ["dcgan", "mlp_gan", "vae"])
def test_folded_norms_draw_the_same_picture(family):
    torch.manual_seed(1)
    model = build(ModelConfig(family=family, resolution=16, z_dim=8, options={"width": 8}, name="m")).eval()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
            tensor.normal_()
        norm.running_var.uniform_(0.5, 2)
    folded = fold_norms(model)
    left = [module for module in folded.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    codes = torch.randn(5, 8)
    assert all(module in set(model.modules()) for module in norms) and not set(norms) & set(folded.modules())
    with torch.inference_mode():
        difference = (folded.synthesis(codes, None) - model.synthesis(codes, None)).abs().max()
    assert len(left) <= 1 < len(norms)  # the first norm of a strided decoder has no convolution before it
    assert difference < 1e-4


def test_a_network_without_norms_stays_itself():
    style = build(ModelConfig(family="stylegan2", resolution=16, z_dim=8, name="m")).eval()
    assert fold_norms(style) is style
