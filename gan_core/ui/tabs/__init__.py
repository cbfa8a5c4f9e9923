"""One file per tab: `build(studio)` puts the tab's panel on the page; the other functions answer what its script asks."""
