/* The library that module-missing.c is linked with, and which is nowhere at run time. */
int absent_function (void);

__attribute__ ((__visibility__ ("default"))) int
absent_function (void)
{
  return 1;
}
