# Rules of the language itself. The provider's own ruleset comes from GitHub only, so `check` compares the arguments with
# the provider's schema in another way.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# The files are named after what they hold.
rule "terraform_standard_module_structure" {
  enabled = false
}
