"""Sources of knowledge about what runs where, one module each; every class fills the InventoryManager port."""
