// Package manifest reads, writes, signs and verifies the XML document that
// describes a bundle: which image it holds, the digests of its parts in order,
// and the bundling key and IV, each sealed once for the user and once for the
// cloud.
//
// The nouns:
//
//	Manifest  the document, its fields and the exact bytes its signature covers
//	Part      one piece of the bundle: index, file name, SHA-1
//	Key       the bundling key and IV (AES-128-CBC)
//	envelope  a key or IV as 32 hex digits, encrypted to a certificate's RSA key
//
// An annotated manifest, as it is written (on one line, without spaces):
//
//	<?xml version='1.0'?>
//	<manifest>
//	  <version>2007-10-10</version>
//	  <bundler><name>emikit</name><version>…</version><release>…</release></bundler>
//	  <machine_configuration>                            signed from here …
//	    <architecture>x86_64</architecture>
//	    <block_device_mapping>
//	      <mapping><virtual>ami</virtual><device>sda1</device></mapping>
//	    </block_device_mapping>
//	    <kernel_id>eki-11111111</kernel_id>              "true": this is a kernel
//	    <ramdisk_id>eri-22222222</ramdisk_id>
//	    <product_codes><product_code>…</product_code></product_codes>
//	  </machine_configuration>                           … to here, and
//	  <image>                                            from here …
//	    <name>disk.img</name>                            the tar member's name
//	    <user>123456789012</user>
//	    <type>machine</type>                             or kernel, ramdisk
//	    <digest algorithm='SHA1'>…</digest>              of the tar stream
//	    <size>…</size>                                   of the raw image
//	    <bundled_size>…</bundled_size>                   of all parts together
//	    <ec2_encrypted_key algorithm='AES-128-CBC'>…     envelope for the cloud
//	    <user_encrypted_key algorithm='AES-128-CBC'>…    envelope for the user
//	    <ec2_encrypted_iv>… <user_encrypted_iv>…
//	    <parts count='1'>
//	      <part index='0'>
//	        <filename>disk.img.part.00</filename>
//	        <digest algorithm='SHA1'>…</digest>
//	      </part>
//	    </parts>
//	  </image>                                           … to here
//	  <signature>…</signature>                           RSA-SHA1, hex
//	</manifest>
//
// The signature covers bytes, not meaning, so Parse keeps the two signed
// slices as they stand in the file and reads the fields out of those slices
// alone: what it returns is what the signature covers.
package manifest
