"""Community projects: schools, health centres, roads, parks, water: cost, donors, milestones, photos, people served."""
