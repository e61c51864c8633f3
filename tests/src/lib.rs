//! Contract, journeys, hygiene and the real window.
