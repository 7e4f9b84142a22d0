"""Cases: tracks as data, a household's or person's way along one, its papers, plan, visits and referrals."""
