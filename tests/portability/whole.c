/* SPDX-License-Identifier: ISC */
/* The main of programs in which each object of a library is linked, not only those that
 * some program asks for: what the library needs of a system and does not get shows. */
int main(void)
{
    return 0;
}
