"""Who owns a path: one resolver for each format of ownership rules, all with one interface (`base.Resolver`)."""
