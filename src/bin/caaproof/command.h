/* The subcommands. Each gets its own argv (argv[0] is its name) and returns the exit code. */
#ifndef CAAPROOF_COMMAND_H
#define CAAPROOF_COMMAND_H

int command_check(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_contacts(int argc, char **argv);
int command_conformance(int argc, char **argv);
int command_show(int argc, char **argv);
int command_prevented(int argc, char **argv);
int command_shadow(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_log(int argc, char **argv);
int command_store(int argc, char **argv);
int command_permit(int argc, char **argv);
int command_import(int argc, char **argv);
int command_triage(int argc, char **argv);
int command_report(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_scope(int argc, char **argv);
int command_recheck(int argc, char **argv);
int command_reconcile(int argc, char **argv);
/* status, stop, ack and drain: what people say to the daemon. */
int command_daemon(int argc, char **argv);

#endif
