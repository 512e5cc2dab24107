/* What each process does, from its first message to its end. Each returns the exit status. */
#ifndef CAAPROOFD_ROLES_H
#define CAAPROOFD_ROLES_H

int run_parent(const char *config_path);
int run_front(void);
int run_recorder(void);
int run_resolver(unsigned place);
int run_courier(void);

/* Software of this build, for records and logs. */
#define SOFTWARE "caaproofd " CAAPROOF_VERSION

#endif
