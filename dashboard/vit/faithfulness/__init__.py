"""The page on which map names the patches that the label rests on."""
