/* observe: the producers, each behind its own function: unbogus observe net|local ZONE. */
#ifndef UI_CLI_OBSERVE_H
#define UI_CLI_OBSERVE_H

/* argv[0] is "local"; returns the exit code. */
int observe_local(int argc, char **argv);
/* argv[0] is "net". */
int observe_net(int argc, char **argv);

#endif
