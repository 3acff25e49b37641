"""The mark of tests that need a CUDA device."""

from __future__ import annotations

import pytest
import torch

from tests.needs import CUDA

only_on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason=CUDA)
