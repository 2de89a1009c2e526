test_scripts += %D%/headers.sh %D%/layers.sh %D%/symbols.sh %D%/configure.sh
