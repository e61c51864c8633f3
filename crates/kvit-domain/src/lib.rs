//! Money, ids, people, invoices, payments, deals, and the rules of what is allowed when.
