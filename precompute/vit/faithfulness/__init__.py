"""Which map names the patches that the label rests on."""
