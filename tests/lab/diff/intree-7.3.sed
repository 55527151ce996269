# What the module of this kernel does not answer as ours, for tests/lab/differential; why: docs/compatibility.md. Its tables
# are made with the first service and conn_tab_bits is the most that they grow to; with ours, which has 4096, it is the least.
s/(size=[0-9]*)/(size=4096)/
# the same in an answer of netlink
s/^\(reply 14: 1=[0-9]* 2=\)[0-9]*$/\14096/
