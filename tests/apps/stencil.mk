test_scripts += %D%/stencil.sh
