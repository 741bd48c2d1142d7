"""What every plot is painted with: places on the screen, lines, and the marks that tell them."""
