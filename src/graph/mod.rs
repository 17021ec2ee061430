//! Microsoft's side: clouds, credentials, the Graph client, the policy and its store.
