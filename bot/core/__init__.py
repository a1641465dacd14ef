"""Values and decisions; nothing in here touches disk, clock, chance or network."""
