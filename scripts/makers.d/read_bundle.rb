# Opens the bundle of a manifest, whose parts lie beside it, with Ruby's own Zlib and
# OpenSSL, as ec2-ami-tools would. The key is a private key in PEM. Writes the tar
# stream to standard output.
#
#     ruby read_bundle.rb MANIFEST KEY | tar -xOf - >IMAGE

require "digest"
require "openssl"
require "rexml/document"
require "stringio"
require "zlib"

def check(what, got, want)
  abort "#{what}: #{got}, the manifest says #{want}" unless got == want
end

def envelope(image, key, what)
  %w[user ec2].each do |owner|
    sealed = image.elements["#{owner}_encrypted_#{what}"]&.text
    next unless sealed
    begin
      return [key.private_decrypt([sealed].pack("H*")).delete("\0")].pack("H*")
    rescue OpenSSL::PKey::PKeyError
      next
    end
  end
  abort "the private key does not open the bundling #{what}"
end

path = ARGV.fetch(0)
key = OpenSSL::PKey::RSA.new(File.read(ARGV.fetch(1)))
image = REXML::Document.new(File.read(path)).elements["manifest/image"]

parts = image.get_elements("parts/part").sort_by { |part| part.attributes["index"].to_i }
sealed = parts.map do |part|
  name = part.elements["filename"].text
  body = File.binread(File.join(File.dirname(path), File.basename(name)))
  check(name, Digest::SHA1.hexdigest(body), part.elements["digest"].text)
  body
end.join
check("parts", sealed.bytesize, image.elements["bundled_size"].text.to_i)

cipher = OpenSSL::Cipher.new("aes-128-cbc").decrypt
cipher.key = envelope(image, key, "key")
cipher.iv = envelope(image, key, "iv")
stream = Zlib::GzipReader.new(StringIO.new(cipher.update(sealed) + cipher.final))
tar = stream.read
abort "#{stream.unused.bytesize} bytes behind the first gzip member" if stream.unused
check("tar stream", Digest::SHA1.hexdigest(tar), image.elements["digest"].text)
$stdout.binmode.write(tar)
